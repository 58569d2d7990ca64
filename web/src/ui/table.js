// A table; on narrow windows each row is a card whose cells carry the names of
// their columns.
//
//   columns: [{ key: 'name', label: t('…'), cell: (row) => html`…`,
//               number: true, sort: true, main: true, wide: true,
//               unlabelled: true }]
//   sort: { key: 'name', down: false }, onSort(sort) where rows are sorted by
//   whoever loads them; label names the table for readers of the screen.

import { html } from '../html.js';
import { Icon } from './icon.js';


function Head({ column, sort, onSort }) {
  const on = sort?.key === column.key;
  const direction = on ? (sort.down ? 'descending' : 'ascending') : undefined;

  return html`<th scope="col" class=${column.number ? 'number' : ''}
    aria-sort=${direction}>
    ${column.sort && onSort ? html`<button type="button" class="sort"
      onClick=${() => onSort({ key: column.key, down: on && !sort.down })}>
      ${column.label}
      <${Icon} name=${on && sort.down ? 'down' : 'up'} size="14" />
    </button>`
      : html`<span class=${column.unlabelled ? 'unseen' : ''}>${column.label}</span>`}
  </th>`;
}


function classes(column) {
  return [column.number && 'number', column.main && 'main-cell',
    column.wide && 'wide-cell', column.unlabelled && 'bare-cell'].filter(Boolean).join(' ');
}


function Row({ row, columns }) {
  return html`<tr>
    ${columns.map((column) => html`<td key=${column.key} class=${classes(column)}>
      ${!column.main && !column.unlabelled && html`<span class="cell-label"
        aria-hidden="true">${column.label}</span>`}
      <span class="cell">${column.cell(row)}</span></td>`)}
  </tr>`;
}


export function Table({ label, columns, rows, rowKey = (row) => row.id,
  sort, onSort }) {
  return html`<div class="table-scroll" role="group" aria-label=${label}
    tabindex="0">
    <table aria-label=${label}>
      <thead><tr>${columns.map((column) => html`<${Head} key=${column.key}
        column=${column} sort=${sort} onSort=${onSort} />`)}</tr></thead>
      <tbody>${rows.map((row, i) => html`<${Row} key=${rowKey(row, i)}
        row=${row} columns=${columns} />`)}</tbody>
    </table>
  </div>`;
}
