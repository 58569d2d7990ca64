// The filter builder's tree: what it makes of filters and back, on random ones,
// held against a plain evaluator; its changes; its limits; undoing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tree from '../../web/src/pages/build/filter.js';


// --- random filters, and people to try them on -------------------------------------

let state = 1;


function below(n) {
  state = (state * 1103515245 + 12345) % 2147483648;
  return Math.floor(state / 65536) % n;
}


function pick(list) {
  return list[below(list.length)];
}


const fields = ['a', 'b', 'c'];
const ops = ['equals', 'not_equals', 'in', 'between', 'greater_than',
  'less_than', 'exists', 'not_exists'];


function randomCondition() {
  const field = pick(fields);
  const op = pick(ops);

  switch (tree.arity(op)) {
    case 'none': return { field, op };
    case 'list': return { field, op, value: [below(5), below(5)] };
    case 'pair': return { field, op, value: [below(3), 2 + below(3)] };
    default: return { field, op, value: below(5) };
  }
}


function randomFilter(levels) {
  const kind = below(levels > 0 ? 6 : 2);

  if (kind === 2) {
    return { not: randomFilter(levels - 1) };
  }
  if (kind > 2) {
    const list = Array.from({ length: below(4) }, () => randomFilter(levels - 1));

    return kind === 3 ? { any: list } : { all: list };
  }
  return kind === 0 && below(4) === 0 ? { audience: pick(['aud_1', 'aud_2']) }
    : randomCondition();
}


function matches(filter, person) {
  if (filter.all) {
    return filter.all.every((part) => matches(part, person));
  }
  if (filter.any) {
    return filter.any.some((part) => matches(part, person));
  }
  if (filter.not) {
    return !matches(filter.not, person);
  }
  if (filter.audience) {
    return person[filter.audience];
  }

  const { op, value } = filter;
  const own = person[filter.field];

  switch (op) {
    case 'equals': return own === value;
    case 'not_equals': return own !== value;
    case 'in': return value.includes(own);
    case 'between': return own >= value[0] && own <= value[1];
    case 'greater_than': return own > value;
    case 'less_than': return own < value;
    case 'exists': return own !== undefined;
    default: return own === undefined;
  }
}


const people = Array.from({ length: 60 }, () => ({
  a: pick([undefined, 0, 1, 2, 3, 4]), b: pick([undefined, 0, 1, 2, 3, 4]),
  c: pick([undefined, 0, 1, 2]), aud_1: below(2) === 0, aud_2: below(2) === 0,
}));


function at(filter, pointer) {
  return pointer.split('/').slice(2).reduce((part, key) => part[key], filter);
}


function sampled(run) {
  for (let i = 0; i < 3000; i += 1) {
    run(randomFilter(4));
  }
}


// --- the API's form -------------------------------------------------------------------

test('a filter that became a tree means what it meant', () => {
  sampled((filter) => {
    const { filter: again } = tree.toFilter(tree.fromFilter(filter));

    for (const person of people) {
      assert.equal(matches(again, person), matches(filter, person),
        JSON.stringify([filter, again]));
    }
  });
});


test('a tree that became a filter is the same tree again', () => {
  sampled((filter) => {
    const once = tree.toFilter(tree.fromFilter(filter)).filter;
    const twice = tree.toFilter(tree.fromFilter(once)).filter;

    assert.deepEqual(twice, once);
  });
});


test('every node is where its pointer says', () => {
  sampled((filter) => {
    const root = tree.fromFilter(filter);
    const { filter: whole, pointers } = tree.toFilter(root);

    for (const [id, pointer] of pointers) {
      const node = tree.find(root, id);

      if (id !== root.id) {
        assert.deepEqual(at(whole, pointer),
          at(tree.toFilter({ ...tree.group(), children: [node] }).filter,
            '/filter/all/0'));
      }
      assert.equal(tree.nodeAt(pointers, `${pointer}/value`), id);
    }
  });
});


test('its depth and its size are those that the server counts', () => {
  const depthOf = (part) => part.not ? 1 + depthOf(part.not)
    : part.all || part.any
      ? 1 + Math.max(0, ...(part.all ?? part.any).map(depthOf)) : 0;
  const sizeOf = (part) => part.not ? sizeOf(part.not)
    : part.all || part.any
      ? (part.all ?? part.any).reduce((sum, one) => sum + sizeOf(one), 0)
        || 1 : 1;

  sampled((filter) => {
    const root = tree.fromFilter(filter);
    const { filter: whole } = tree.toFilter(root);

    assert.equal(tree.depth(root), depthOf(whole));
    if (!tree.isEmpty(root)) {
      assert.equal(tree.size(root), sizeOf(whole));
    }
  });
});


test('texts that are numbers become these where the field holds numbers', () => {
  const root = tree.fromFilter({ all: [
    { field: 'n', op: 'between', value: ['18', 30] },
    { not: { field: 'n', op: 'in', value: ['-0.5', '007', '1,5', '1e3', ''] } },
    { field: 'a', op: 'equals', value: '18' }] });

  assert.deepEqual(tree.toFilter(tree.withNumbers(root, (field) => field === 'n'))
    .filter, { all: [
    { field: 'n', op: 'between', value: [18, 30] },
    { not: { field: 'n', op: 'in', value: [-0.5, '007', '1,5', '1e3', ''] } },
    { field: 'a', op: 'equals', value: '18' }] });
});


test('what is incomplete is no part of the filter', () => {
  const whole = tree.condition('a', 'equals', 1);
  const part = tree.condition('b', 'between', [1, '']);
  const root = tree.group([part, tree.group([tree.condition('c', 'in', [])]),
    whole, tree.group()]);
  const { filter, pointers } = tree.toFilter(root);

  assert.deepEqual(filter, { all: [{ field: 'a', op: 'equals', value: 1 }] });
  assert.deepEqual([...pointers], [[root.id, '/filter'],
    [whole.id, '/filter/all/0']]);
  assert.equal(tree.incomplete(root).length, 2);
  assert.deepEqual(tree.toFilter(tree.group()).filter, { all: [] });
});


test('zero and no are values', () => {
  assert.ok(tree.isComplete(tree.condition('a', 'equals', 0)));
  assert.ok(tree.isComplete(tree.condition('a', 'equals', false)));
  assert.ok(!tree.isComplete(tree.condition('a', 'within_last', 0)));
  assert.ok(!tree.isComplete(tree.condition('a', 'within_last', 1.5)));
});


test('another operator begins with what was there', () => {
  assert.deepEqual(tree.carried('x', 'equals', 'not_equals'), 'x');
  assert.deepEqual(tree.carried('x', 'equals', 'in'), ['x']);
  assert.deepEqual(tree.carried(['x', 'y'], 'in', 'equals'), 'x');
  assert.deepEqual(tree.carried(3, 'greater_than', 'between'), [3, undefined]);
  assert.equal(tree.carried(30, 'within_last', 'before'), undefined);
  assert.equal(tree.carried('x', 'equals', 'exists'), undefined);
  assert.equal(tree.carried(undefined, 'equals', 'in'), undefined);
});


// --- changes --------------------------------------------------------------------------------

test('changes leave the old tree, and what they do not touch, as they are', () => {
  const a = tree.condition('a', 'equals', 1);
  const b = tree.condition('b', 'equals', 2);
  const inner = tree.group([b], { any: true });
  const root = tree.group([a, inner]);
  const before = JSON.stringify(root);

  const changed = tree.change(root, b.id, { value: 3 });
  assert.equal(changed.children[0], a);
  assert.equal(changed.children[1].children[0].value, 3);

  const added = tree.insert(root, inner.id, tree.condition('c', 'exists'), 0);
  assert.deepEqual(added.children[1].children.map((node) => node.field),
    ['c', 'b']);

  assert.deepEqual(tree.remove(root, inner.id).children, [a]);
  assert.ok(tree.isEmpty(tree.remove(root, root.id)));
  assert.equal(tree.change(root, 'no such node', { value: 1 }), root);

  const wrapped = tree.wrap(root, a.id);
  assert.equal(wrapped.children[0].any, true);
  assert.equal(wrapped.children[0].children[0], a);
  assert.equal(tree.parentOf(wrapped, a.id), wrapped.children[0]);

  assert.equal(JSON.stringify(root), before);
});


test('a group that came empty is kept until something is put into it', () => {
  const root = tree.fromFilter({ all: [{ any: [] },
    { field: 'a', op: 'exists' }] });

  assert.deepEqual(tree.toFilter(root).filter,
    { all: [{ any: [] }, { field: 'a', op: 'exists' }] });

  const filled = tree.insert(root, root.children[0].id,
    tree.condition('b', 'exists'));
  const emptied = tree.remove(filled, filled.children[0].children[0].id);

  assert.deepEqual(tree.toFilter(emptied).filter,
    { all: [{ field: 'a', op: 'exists' }] });
});


// --- limits ---------------------------------------------------------------------------------

test('limits are known before the server tells them', () => {
  let deep = tree.group([tree.condition('a', 'exists')]);

  for (let i = 1; i < tree.maxDepth; i += 1) {
    deep = tree.group([deep]);
  }
  assert.equal(tree.depth(deep), 8);
  assert.equal(tree.excess(deep), null);
  assert.equal(tree.excess(tree.change(deep, deep.id, { not: true })), 'deep');
  assert.ok(tree.hasRoom(tree.group(), undefined));

  const inner = [...tree.nodes(deep)].at(-2);
  assert.ok(!tree.hasRoom(deep, inner.id));
  assert.ok(tree.hasRoom(deep, tree.parentOf(deep, inner.id).id));
  assert.equal(tree.excess(tree.change(deep, inner.children[0].id,
    { op: 'not_between', value: [1, 2] })), 'deep');

  const many = tree.group(Array.from({ length: 200 }, () =>
    tree.condition('a', 'exists')));
  assert.equal(tree.excess(many), null);
  assert.equal(tree.excess(tree.insert(many, many.id,
    tree.condition('a', 'exists'))), 'many');

  assert.equal(tree.excess(tree.group([tree.condition('a', 'in',
    Array.from({ length: 9000 }, () => 'ção'))])), 'large');
});


test('every type has operators, and begins with one of them', () => {
  for (const type of ['text', 'number', 'date', 'yes_no']) {
    assert.ok(tree.operators(type).includes(tree.firstOperator(type)));
    for (const op of tree.operators(type)) {
      assert.ok(tree.arity(op), op);
    }
  }
});


// --- history ---------------------------------------------------------------------------------

test('what was done is undone and done again', () => {
  let past = tree.history('a');

  past = tree.record(past, 'b');
  past = tree.record(past, 'b');
  past = tree.record(past, 'c', 'typing');
  past = tree.record(past, 'cd', 'typing');
  past = tree.undo(past);
  assert.equal(past.now, 'b');
  past = tree.undo(past);
  assert.equal(past.now, 'a');
  assert.equal(past.past.length, 0);
  past = tree.redo(tree.redo(past));
  assert.equal(past.now, 'cd');
  assert.equal(past.future.length, 0);
  past = tree.record(tree.undo(past), 'x', 'typing');
  assert.equal(past.now, 'x');
  assert.equal(past.future.length, 0);
  assert.equal(tree.undo(past).now, 'b');
});
