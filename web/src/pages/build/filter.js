// The filter that is being built: an immutable tree, and pure functions from
// trees to trees.
//
//   { id, kind: 'group', any, not, children: [] }      all or any of them
//   { id, kind: 'condition', field, op, value }
//   { id, kind: 'audience', audience, name, not }
//
// The root is a group.  An operator is one of the API's, or "not_" and one that
// has no opposite there, which stands for {"not": …}.  A condition without a
// field or a whole value is incomplete and no part of the filter yet, nor is a
// group without anything in it; a group that came empty from the API says
// `literal` and is kept as it is.

export const maxDepth = 8;
export const maxConditions = 200;
export const maxBytes = 64 * 1024;

const arities = {
  contains: 'one', not_contains: 'one', equals: 'one', not_equals: 'one',
  starts_with: 'one', not_starts_with: 'one', ends_with: 'one',
  greater_than: 'one', less_than: 'one', before: 'one', after: 'one',
  exists: 'none', not_exists: 'none', between: 'pair', in: 'list',
  within_last: 'days', not_within_last: 'days',
};

// What fits a type, in the order in which people look for it.
const fitting = {
  text: ['equals', 'not_equals', 'in', 'not_in', 'contains', 'not_contains',
    'starts_with', 'not_starts_with', 'ends_with', 'not_ends_with',
    'exists', 'not_exists'],
  number: ['equals', 'not_equals', 'greater_than', 'less_than', 'between',
    'not_between', 'in', 'not_in', 'exists', 'not_exists'],
  date: ['within_last', 'not_within_last', 'after', 'before', 'between',
    'not_between', 'equals', 'not_equals', 'exists', 'not_exists'],
  yes_no: ['equals', 'not_equals', 'exists', 'not_exists'],
};

const first = { text: 'equals', number: 'between', date: 'within_last',
  yes_no: 'equals' };


export function operators(type) {
  return fitting[type] ?? fitting.text;
}


export function firstOperator(type) {
  return first[type] ?? 'equals';
}


// { op, not } as the API has an operator of ours.
function spelled(op) {
  return op in arities ? { op, not: false } : { op: op.slice(4), not: true };
}


function opposite(op) {
  return op.startsWith('not_') ? op.slice(4) : `not_${op}`;
}


// none, one, pair, list or days.
export function arity(op) {
  return arities[spelled(op).op];
}


// --- nodes ----------------------------------------------------------------------

let made = 0;


function id() {
  made += 1;
  return `n${made}`;
}


export function group(children = [], { any = false, not = false } = {}) {
  return { id: id(), kind: 'group', any, not, children };
}


export function condition(field, op, value) {
  return { id: id(), kind: 'condition', field, op, value };
}


export function membership(audience, name, not = false) {
  return { id: id(), kind: 'audience', audience, name, not };
}


function isFilled(value) {
  return value !== undefined && value !== null && value !== '';
}


export function isComplete(node) {
  if (node.kind !== 'condition') {
    return true;
  }
  if (!node.field || !node.op) {
    return false;
  }
  switch (arity(node.op)) {
    case 'none': return true;
    case 'list': return Array.isArray(node.value) && node.value.length > 0;
    case 'pair': return Array.isArray(node.value) && node.value.length === 2
      && node.value.every(isFilled);
    case 'days': return Number.isInteger(node.value) && node.value > 0;
    default: return isFilled(node.value);
  }
}


// The value that another operator can begin with.
export function carried(value, from, to) {
  const old = arity(from);
  const now = arity(to);
  const one = Array.isArray(value) ? value[0] : value;

  if (old === now) {
    return value;
  }
  if (old === 'days' || now === 'days' || now === 'none' || !isFilled(one)) {
    return undefined;
  }
  return { one, list: [one], pair: [one, undefined] }[now];
}


// --- walking ---------------------------------------------------------------------

export function* nodes(tree) {
  yield tree;
  for (const child of tree.children ?? []) {
    yield* nodes(child);
  }
}


export function find(tree, wanted) {
  for (const node of nodes(tree)) {
    if (node.id === wanted) {
      return node;
    }
  }
  return null;
}


export function parentOf(tree, wanted) {
  for (const node of nodes(tree)) {
    if (node.children?.some((child) => child.id === wanted)) {
      return node;
    }
  }
  return null;
}


export function isEmpty(tree) {
  return tree.children.length === 0;
}


export function incomplete(tree) {
  return [...nodes(tree)].filter((node) => !isComplete(node));
}


// --- changing --------------------------------------------------------------------

// The tree with one node replaced by what the function makes of it (null: gone).
// What did not change is the same object.
function replaced(node, wanted, make) {
  if (node.id === wanted) {
    return make(node);
  }
  if (!node.children) {
    return node;
  }

  const children = node.children.map((child) => replaced(child, wanted, make))
    .filter(Boolean);
  const same = children.length === node.children.length
    && children.every((child, i) => child === node.children[i]);

  return same ? node : { ...node, children };
}


export function change(tree, wanted, changes) {
  return replaced(tree, wanted, (node) => ({ ...node, ...changes }));
}


export function insert(tree, parent, node, at = Infinity) {
  return replaced(tree, parent, (old) => {
    const { literal, ...rest } = old;

    return { ...rest, children: old.children.toSpliced(at, 0, node) };
  });
}


export function remove(tree, wanted) {
  return tree.id === wanted ? group() : replaced(tree, wanted, () => null);
}


// A node into a group of its own, which others can join.
export function wrap(tree, wanted) {
  const parent = parentOf(tree, wanted);

  return replaced(tree, wanted, (node) => group([node], { any: !parent.any }));
}


// --- the API's form ----------------------------------------------------------------

function conditionFilter({ field, op: ours, value }) {
  const { op, not } = spelled(ours);
  const node = arity(op) === 'none' ? { field, op } : { field, op, value };

  return not ? { not: node } : node;
}


function nodeFilter(node, pointer, pointers) {
  if (!isComplete(node)
      || (node.kind === 'group' && isEmpty(node) && !node.literal)) {
    return null;
  }
  pointers.set(node.id, pointer);
  if (node.kind === 'condition') {
    return conditionFilter(node);
  }

  const inside = node.kind === 'audience' ? { audience: node.audience }
    : groupFilter(node, node.not ? `${pointer}/not` : pointer, pointers);

  if (inside === null) {
    pointers.delete(node.id);
    return null;
  }
  return node.not ? { not: inside } : inside;
}


function groupFilter({ any, children, literal }, pointer, pointers) {
  const key = any ? 'any' : 'all';
  const list = [];

  for (const child of children) {
    const filter = nodeFilter(child, `${pointer}/${key}/${list.length}`, pointers);

    if (filter) {
      list.push(filter);
    }
  }
  return list.length || literal ? { [key]: list } : null;
}


// { filter, pointers }: what the API takes, and where in it each node stands, by
// id.  Nothing at all is everybody.
export function toFilter(tree) {
  const pointers = new Map();
  const filter = nodeFilter(tree, '/filter', pointers);

  pointers.set(tree.id, '/filter');
  return { filter: filter ?? { all: [] }, pointers };
}


function conditionNode({ field, op, value }, not) {
  return condition(field, not ? opposite(op) : op, value);
}


function nodeOf(filter, not) {
  if ('not' in filter) {
    return nodeOf(filter.not, !not);
  }
  if ('audience' in filter) {
    return membership(filter.audience, undefined, not);
  }
  if ('field' in filter) {
    return conditionNode(filter, not);
  }

  const list = filter.all ?? filter.any;
  const node = group(list.map((child) => nodeOf(child, false)),
    { any: 'any' in filter, not });

  return list.length ? node : { ...node, literal: true };
}


export function fromFilter(filter) {
  if (!filter) {
    return group();
  }

  const node = nodeOf(filter, false);

  if (node.kind !== 'group') {
    return group([node]);
  }
  // no filter yet, rather than one that says "everybody"
  return node.literal && !node.any && !node.not ? group() : node;
}


// Texts that are plain numbers, such as "18", as numbers, in conditions on fields
// that hold these: inputs for numbers show them then.
export function withNumbers(node, isNumeric) {
  const one = (value) => typeof value === 'string' && value.length < 15
    && /^-?(0|[1-9]\d*)(\.\d+)?$/.test(value) ? Number(value) : value;

  if (node.children) {
    return { ...node,
      children: node.children.map((child) => withNumbers(child, isNumeric)) };
  }
  return node.kind === 'condition' && isNumeric(node.field)
    ? { ...node, value: Array.isArray(node.value) ? node.value.map(one)
      : one(node.value) } : node;
}


// Which node a JSON Pointer of a refusal is about: the innermost around it.
export function nodeAt(pointers, pointer) {
  let best = null;

  for (const [node, at] of pointers) {
    if ((pointer === at || pointer.startsWith(`${at}/`))
        && (best === null || at.length >= pointers.get(best).length)) {
      best = node;
    }
  }
  return best;
}


// --- limits --------------------------------------------------------------------------

function ownDepth(node) {
  return (node.kind === 'group' ? 1 : 0)
    + (node.not || (node.op && spelled(node.op).not) ? 1 : 0);
}


export function depth(node) {
  return ownDepth(node) + Math.max(0, ...(node.children ?? []).map(depth));
}


export function size(tree) {
  return [...nodes(tree)]
    .filter((node) => node.kind !== 'group' || node.literal).length;
}


// Levels around and with a node.
function level(node, wanted, around = 0) {
  const here = around + ownDepth(node);

  if (node.id === wanted) {
    return here;
  }
  for (const child of node.children ?? []) {
    const found = level(child, wanted, here);

    if (found) {
      return found;
    }
  }
  return 0;
}


// Whether so many more levels have room in a group.
export function hasRoom(tree, parent, more = 1) {
  return level(tree, parent) + more <= maxDepth;
}


// 'deep', 'many', 'large' where the server would refuse it, else null.
export function excess(tree) {
  if (size(tree) > maxConditions) {
    return 'many';
  }
  if (depth(tree) > maxDepth) {
    return 'deep';
  }
  return new TextEncoder().encode(JSON.stringify(toFilter(tree).filter)).length
    > maxBytes ? 'large' : null;
}


// --- history ---------------------------------------------------------------------------

const remembered = 200;


export function history(now) {
  return { past: [], now, future: [], mark: null };
}


// Changes with one mark, such as letters typed into one input, are undone
// together.
export function record(old, now, mark = null) {
  if (now === old.now) {
    return old;
  }
  if (mark !== null && mark === old.mark) {
    return { ...old, now, future: [] };
  }
  return { past: [...old.past, old.now].slice(-remembered), now, future: [],
    mark };
}


export function undo(old) {
  const { past, now, future } = old;

  return past.length === 0 ? old : { past: past.slice(0, -1), now: past.at(-1), future: [now, ...future],
    mark: null };
}


export function redo(old) {
  const { past, now, future } = old;

  return future.length === 0 ? old : { past: [...past, now], now: future[0], future: future.slice(1),
    mark: null };
}


// A tree that was kept elsewhere, with ids of its own again.
export function refreshed(node) {
  const { children, ...rest } = node;

  return { ...rest, id: id(), ...(children
    ? { children: children.map(refreshed) } : {}) };
}
