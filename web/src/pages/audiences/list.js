// The list of audiences, in any order, with what can be done to each.

import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { number, shortDate, t } from '../../language.js';
import { place, setQuery } from '../../router.js';
import { useList } from '../../resource.js';
import { DateRange, EmptyState, Menu, Page, Pager, ProblemNote, SearchField,
  Skeleton, Table, dayBound } from '../../ui/index.js';
import { Actions, actionsOf } from './actions.js';
import { Type } from './type.js';

const byItself = '-created';
const orders = ['-created', 'created', 'name', '-name', '-size', 'size',
  '-updated', 'updated'];


// Colleagues are known by what stands before the @; the page of the audience
// has the whole.
function Person({ id }) {
  return id ? html`<span class="breaks" title=${id}>${id.split('@')[0]}</span>`
    : '–';
}


function columns(onAction) {
  return [
    { key: 'name', label: t('audiences.column_name'), main: true, sort: true,
      cell: (item) => html`<a href=${`/audiences/${item.id}`}>${item.name}</a>` },
    { key: 'type', label: t('audiences.column_type'),
      cell: (item) => html`<${Type} item=${item} />` },
    { key: 'size', label: t('audiences.column_size'), number: true, sort: true,
      cell: (item) => (item.count === null ? '–' : number(item.count)) },
    { key: 'created_by', label: t('audiences.column_by'),
      cell: (item) => html`<${Person} id=${item.created_by} />` },
    { key: 'created', label: t('audiences.column_created'), sort: true,
      cell: (item) => shortDate(item.created_at) },
    { key: 'updated', label: t('audiences.column_updated'), sort: true,
      cell: (item) => (item.updated_at && item.type === 'manual'
        ? shortDate(item.updated_at) : '–') },
    { key: 'menu', label: t('audiences.column_menu'), unlabelled: true,
      cell: (item) => html`<${Menu}
        label=${t('audiences.menu_of', { name: item.name })}
        items=${actionsOf(item, onAction)} />` },
  ];
}


// What the address says: 'name' or '-size', as the server takes it.
function sortOf(text) {
  const sort = orders.includes(text) ? text : byItself;

  return { key: sort.replace('-', ''), down: sort[0] === '-' };
}


// Names begin with A; times and sizes with the newest and the largest.
function nextSort(old, { key, down }) {
  const first = key === old.key ? down : key !== 'name';

  return (first ? '-' : '') + key;
}


function Narrowed({ values }) {
  return html`<div class="tools">
    <${SearchField} label=${t('audiences.search')} value=${values.q}
      onInput=${(q) => setQuery({ q })} />
    <label class="tool"><span>${t('audiences.column_type')}</span>
      <select name="type" value=${values.type}
        onChange=${(event) => setQuery({ type: event.target.value })}>
        <option value="">${t('audiences.type_any')}</option>
        <option value="manual">${t('audiences.type_manual')}</option>
        <option value="automatic">${t('audiences.type_automatic')}</option>
      </select></label>
    <label class="tool narrow-only"><span>${t('audiences.sort')}</span>
      <select name="sort" value=${values.sort || byItself}
        onChange=${(event) => setQuery({ sort: event.target.value })}>
        ${orders.map((sort) => html`<option key=${sort} value=${sort}>
          ${t(`audiences.sort_${sort.replace('-', 'down_')}`)}</option>`)}
      </select></label>
    <${DateRange} from=${values.from} to=${values.to} onChange=${setQuery} />
  </div>`;
}


function None({ narrowed }) {
  return narrowed
    ? html`<${EmptyState} title=${t('audiences.none_found')}>
        ${t('audiences.none_found_text')}<//>`
    : html`<${EmptyState} icon="audience" title=${t('audiences.none')}>
        <p>${t('audiences.none_text')}</p>
        <p><a class="button" href="/build">${t('audiences.new_manual')}</a>${' '}
          <a class="button secondary" href="/segmentation">
            ${t('audiences.new_automatic')}</a></p><//>`;
}


// What has been changed here is so in the list, without loading all of it.
function change(items, { item, deleted }) {
  return deleted ? items.filter(({ id }) => id !== item.id)
    : items.map((one) => (one.id === item.id ? { ...one, ...item } : one));
}


export function Audiences() {
  const { query } = place.value;
  const values = Object.fromEntries(['q', 'type', 'sort', 'from', 'to']
    .map((name) => [name, query.get(name) ?? '']));
  const sort = sortOf(values.sort);
  const [action, setAction] = useState(null);
  const list = useList('/v1/audiences', { q: values.q, type: values.type,
    sort: values.sort, from: dayBound(values.from), to: dayBound(values.to, 1) });
  const narrowed = values.q || values.type || values.from || values.to;

  return html`<${Page} title=${t('audiences.title')} lead=${t('audiences.lead')}
    actions=${html`<a class="button" href="/build">
      ${t('audiences.new_manual')}</a>`}>
    <section class="card" aria-labelledby="audiences-title">
      <h2 id="audiences-title" class="unseen">${t('audiences.list')}</h2>
      <${Narrowed} values=${values} />
      ${list.problem && html`<${ProblemNote} problem=${list.problem}
        onRetry=${list.reload} />`}
      ${!list.items ? !list.problem && html`<${Skeleton} lines="6" />`
        : list.items.length === 0 ? html`<${None} narrowed=${narrowed} />`
          : html`<${Table} label=${t('audiences.list')}
              columns=${columns(setAction)} rows=${list.items} sort=${sort}
              onSort=${(next) => setQuery({ sort: nextSort(sort, next) })} />`}
      <${Pager} more=${list.more} loading=${list.loading} />
    </section>
    <${Actions} action=${action} onClose=${() => setAction(null)}
      onDone=${(done) => list.set((items) => change(items, done))} />
  <//>`;
}
