// What makes an automatic audience: each value with its share inside and in the
// base, what makes the group first.

import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { number, percent, t } from '../../language.js';
import { Bar, Table, Tag, fieldName } from '../../ui/index.js';

const atFirst = 12;


// "3,2 ×": how many times as frequent as in the base.
export function times(lift) {
  return t('audiences.times', { lift: number(lift,
    { maximumFractionDigits: lift < 10 ? 1 : 0 }) });
}


function columns() {
  return [
    { key: 'field', label: t('audiences.column_field'), main: true,
      cell: (row) => html`${fieldName(row.field)}${' '}
        ${row.principal && html`<${Tag} kind="info">
          ${t('audiences.principal')}<//>`}` },
    { key: 'value', label: t('audiences.column_value'),
      cell: (row) => html`<span class="breaks">${row.value}</span>` },
    { key: 'share', label: t('audiences.column_inside'), wide: true,
      cell: (row) => html`<${Bar} share=${row.share} base=${row.base_share} />` },
    { key: 'base', label: t('audiences.column_base'), number: true,
      cell: (row) => percent(row.base_share) },
    { key: 'lift', label: t('audiences.column_times'), number: true,
      cell: (row) => times(row.lift) },
  ];
}


export function Explanation({ item }) {
  const [all, setAll] = useState(false);
  const rows = item.explanation;

  return html`<section class="card" aria-labelledby="fields-title">
    <h2 id="fields-title">${t('audiences.fields')}</h2>
    <p class="quiet small">${t('audiences.fields_legend')}</p>
    <${Table} label=${t('audiences.fields')} columns=${columns()}
      rows=${all ? rows : rows.slice(0, atFirst)}
      rowKey=${(row) => `${row.field}\n${row.value}`} />
    ${rows.length > atFirst && !all && html`<div class="pager">
      <button type="button" class="secondary" onClick=${() => setAll(true)}>
        ${t('audiences.fields_all', { count: rows.length })}</button></div>`}
  </section>`;
}
