// The parts of a filter on the screen: conditions, audiences, groups of them.
//
// `builder` is what all share: { fields, total, tree, edit(tree, { mark, focus,
// say }), found, audience }.

import { html } from '../../html.js';
import { percent, t } from '../../language.js';
import { AudienceMenu, Icon, Menu, fieldName, problemWords }
  from '../../ui/index.js';
import { FieldMenu } from './field_menu.js';
import { arity, carried, change, condition, firstOperator, group, hasRoom,
  insert, isComplete, maxConditions, membership, operators, parentOf, remove,
  size, wrap } from './filter.js';
import { operatorName, sentence } from './words.js';
import { Value } from './values.js';


// A new condition begins with its type's first operator; yes is what people
// mostly ask.
export function newCondition(field) {
  return condition(field.name, firstOperator(field.type),
    field.type === 'yes_no' ? true : undefined);
}


function Count({ node, builder }) {
  const { found } = builder;
  const count = found.countOf(node);
  const total = found.answer?.total;
  const fault = found.faults.get(node.id);

  if (fault) {
    return html`<p class="part-fault" role="alert">
      <${Icon} name="warning" size="16" />
      ${problemWords(fault.type.split('/').pop(), fault)}</p>`;
  }
  if (!isComplete(node)) {
    return html`<span class="part-count quiet">${t('build.incomplete')}</span>`;
  }
  return count === undefined ? html`<span class="part-count"></span>`
    : html`<span class="part-count" title=${t('build.count_alone')}>
        ${t('build.people', { count })}
        <span class="quiet"> ${percent(total ? count / total : 0)}</span></span>`;
}


// E or OU, of the group; below the second part it says the same again.
function Connector({ parent, at, builder }) {
  const { tree, edit } = builder;

  if (at === 0) {
    return html`<span class="connector first">${t('build.where')}</span>`;
  }
  return html`<span class="connector">
    ${at === 1 ? html`<select value=${parent.any ? 'any' : 'all'}
      aria-label=${t('build.connect')}
      onChange=${({ target }) => edit(change(tree, parent.id,
        { any: target.value === 'any' }))}>
      <option value="all">${t('build.and_word')}</option>
      <option value="any">${t('build.or_word')}</option>
    </select>` : t(parent.any ? 'build.or_word' : 'build.and_word')}
  </span>`;
}


function dropped(node, builder) {
  const { tree, fields, edit } = builder;
  const { children, id } = parentOf(tree, node.id);
  const at = children.findIndex((child) => child.id === node.id);
  const next = children[at + 1] ?? children[at - 1];

  edit(remove(tree, node.id), {
    focus: next?.id ?? id,
    say: t('build.removed', { what: sentence(node, fields) }),
  });
}


// What else can be done with a part.
function More({ node, builder, items = [] }) {
  const { tree, edit, fields } = builder;
  const parent = parentOf(tree, node.id);
  const all = [...items];

  if (parent.children.length > 1 && hasRoom(tree, parent.id)) {
    all.push({ label: t('build.wrap'), icon: 'plus',
      onSelect: () => edit(wrap(tree, node.id), { focus: node.id }) });
  }
  return html`<div class="part-actions">
    ${all.length > 0 && html`<${Menu} items=${all}
      label=${t('build.more_of', { what: sentence(node, fields) })} />`}
    <button type="button" class="icon-button"
      aria-label=${t('build.remove', { what: sentence(node, fields) })}
      onClick=${() => dropped(node, builder)}><${Icon} name="trash" /></button>
  </div>`;
}


function Operator({ node, type, label, builder }) {
  const { tree, edit } = builder;
  const known = operators(type);
  const all = known.includes(node.op) ? known : [...known, node.op];

  return html`<select class="operator" aria-label=${label} value=${node.op}
    onChange=${({ target: { value: op } }) => edit(change(tree, node.id,
      { op, value: carried(node.value, node.op, op) }))}>
    ${all.map((op) => html`<option key=${op} value=${op}>
      ${operatorName(op, type)}</option>`)}
  </select>`;
}


function Condition({ node, builder }) {
  const { tree, edit, fields, total } = builder;
  const type = fields.get(node.field)?.type ?? 'text';
  const name = fieldName(node.field);

  function refield(field) {
    edit(change(tree, node.id, { ...newCondition(field), id: node.id }),
      { focus: node.id });
  }

  return html`
    <${FieldMenu} class="secondary field-button" fields=${fields} total=${total}
      button=${html`<span>${name}</span><${Icon} name="down" size="16" />`}
      aria-label=${t('build.field_is', { name })} title=${name}
      onPick=${refield} />
    <${Operator} node=${node} type=${type} builder=${builder}
      label=${t('build.operator_of', { name })} />
    <div class=${`value value-${arity(node.op)}`}>
      <${Value} node=${node} type=${type} label=${t('build.value_of', { name })}
        onValue=${(value, mark) => edit(change(tree, node.id, { value }),
          { mark: mark && `${node.id} ${mark}` })} />
    </div>
    <${Count} node=${node} builder=${builder} />
    <${More} node=${node} builder=${builder} items=${[
      { label: t('build.distribution_of', { name }), icon: 'columns',
        onSelect: () => builder.showDistribution(node.field) }]} />`;
}


function Membership({ node, builder }) {
  const { tree, edit } = builder;
  const name = node.name ?? builder.names.get(node.audience) ?? node.audience;

  return html`
    <select class="operator member" aria-label=${t('build.membership')}
      value=${node.not ? 'not' : 'in'}
      onChange=${({ target }) => edit(change(tree, node.id,
        { not: target.value === 'not' }))}>
      <option value="in">${t('build.member')}</option>
      <option value="not">${t('build.not_member')}</option>
    </select>
    <div class="value">
      <${AudienceMenu} class="secondary field-button" except=${builder.audience}
        aria-label=${t('build.audience_is', { name })} data-value
        button=${html`<${Icon} name="audience" size="18" /><span>${name}</span>`}
        onPick=${(item) => edit(change(tree, node.id,
          { audience: item.id, name: item.name }), { focus: node.id })} />
    </div>
    <${Count} node=${node} builder=${builder} />
    <${More} node=${{ ...node, name }} builder=${builder} />`;
}


// What can be added to a group.
function Adding({ node, builder, root }) {
  const { tree, edit, fields, total, audience } = builder;
  const full = size(tree) >= maxConditions;
  const add = (child) => edit(insert(tree, node.id, child), { focus: child.id });

  if (full) {
    return html`<p class="quiet small" data-focus>
      ${t('build.full', { limit: maxConditions })}</p>`;
  }
  return html`<div class="adding">
    <${FieldMenu} fields=${fields} total=${total} data-focus
      class=${root ? 'add-filter' : 'quiet-button'}
      button=${html`<${Icon} name="plus" size="18" />
        <span>${t('build.add')}</span>`}
      onPick=${(field) => add(newCondition(field))} />
    ${hasRoom(tree, node.id) ? html`<button type="button" class="quiet-button"
      onClick=${() => add(group([], { any: !node.any }))}>
      <${Icon} name="plus" size="18" />${t('build.add_group')}</button>`
      : html`<span class="quiet small">${t('build.deep')}</span>`}
    <${AudienceMenu} class="quiet-button" except=${audience}
      button=${html`<${Icon} name="audience" size="18" />
        <span>${t('build.add_audience')}</span>`}
      onPick=${(item) => add(membership(item.id, item.name))} />
  </div>`;
}


function GroupHead({ node, builder }) {
  const { tree, edit } = builder;

  return html`<div class="group-head">
    <select aria-label=${t('build.group_of')}
      value=${`${node.not ? 'not_' : ''}${node.any ? 'any' : 'all'}`}
      onChange=${({ target: { value } }) => edit(change(tree, node.id,
        { any: value.endsWith('any'), not: value.startsWith('not_') }))}>
      ${['all', 'any', 'not_all', 'not_any'].map((one) => html`
        <option key=${one} value=${one}
          disabled=${one.startsWith('not_') && !node.not
                     && !hasRoom(tree, node.id)}>
          ${t(`build.group_${one}`)}</option>`)}
    </select>
    <${Count} node=${node} builder=${builder} />
    <${More} node=${node} builder=${builder} />
  </div>`;
}


function Part({ node, parent, at, builder }) {
  const { fields, names } = builder;
  const label = sentence(node.kind === 'audience'
    ? { ...node, name: node.name ?? names.get(node.audience) } : node, fields);
  const fault = builder.found.faults.has(node.id) || builder.refused === node.id;

  return html`<li class=${`part part-${node.kind}${fault ? ' wrong' : ''}`}
    data-node=${node.id}>
    <${Connector} parent=${parent} at=${at} builder=${builder} />
    <fieldset class="part-body" aria-label=${label}>
      ${node.kind === 'condition'
        ? html`<${Condition} node=${node} builder=${builder} />`
        : node.kind === 'audience'
          ? html`<${Membership} node=${node} builder=${builder} />`
          : html`<${GroupHead} node=${node} builder=${builder} />
            <${Group} node=${node} builder=${builder} />`}
    </fieldset>
  </li>`;
}


export function Group({ node, builder, root }) {
  return html`<div class="group" data-group=${node.id}>
    ${node.children.length > 0 && html`<ul class="parts">
      ${node.children.map((child, at) => html`<${Part} key=${child.id}
        node=${child} parent=${node} at=${at} builder=${builder} />`)}
    </ul>`}
    ${node.literal && html`<p class="quiet small">
      ${t(node.any ? 'build.nobody' : 'build.everybody')}</p>`}
    <${Adding} node=${node} builder=${builder} root=${root} />
  </div>`;
}
