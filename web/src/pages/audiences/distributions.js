// Of each field of a manual audience's filter: its values inside against the
// base, as nginx counts them.

import { html } from '../../html.js';
import { api } from '../../api.js';
import { date, dateTime, dayRange, number, percent, t } from '../../language.js';
import { useResource } from '../../resource.js';
import { Bar, ProblemNote, Skeleton, Table, fieldName } from '../../ui/index.js';
import { times } from './explanation.js';
import { fieldsOf } from './filter_words.js';

const mostFields = 8;
const mostValues = 8;


// What of a range's days is told.
const told = { month: { month: 'short', year: 'numeric' },
  year: { year: 'numeric' } };


function bound(value, unit) {
  return unit === 'number' ? number(value, { maximumFractionDigits: 2 })
    : unit === 'hour' ? dateTime(value) : date(`${value}T12:00:00`);
}


// A range ends before `to`; days are those of UTC.
function rangeWords({ from, to }, { unit, whole }) {
  if (from === null) {
    return t('audiences.range_below', { to: bound(to, unit) });
  }
  if (to === null) {
    return t('audiences.range_from', { from: bound(from, unit) });
  }
  if (unit !== 'number' && unit !== 'hour') {
    return dayRange(from, Date.parse(to) - 1, told[unit]);
  }

  const end = whole ? to - 1 : to;

  return from === end ? bound(from, unit)
    : t('audiences.range', { from: bound(from, unit), to: bound(end, unit) });
}


function valueWords(value) {
  return typeof value === 'boolean' ? t(value ? 'audiences.yes' : 'audiences.no')
    : typeof value === 'number' ? number(value, { maximumFractionDigits: 6 })
      : value;
}


function rowsOf(field) {
  const rows = (field.values ?? field.ranges)
    .filter((one) => one.inside || one.base)
    .map((one) => ({ ...one, words: field.ranges ? rangeWords(one, field)
      : valueWords(one.value) }));

  if (field.other.inside || field.other.base) {
    rows.push({ ...field.other, words: t('audiences.other_values',
      { count: field.other.values }) });
  }
  return rows.map((row) => ({ ...row,
    share: field.inside.filled ? row.inside / field.inside.filled : 0,
    baseShare: field.base.filled ? row.base / field.base.filled : 0 }));
}


function columns() {
  return [
    { key: 'value', label: t('audiences.column_value'), main: true,
      cell: (row) => html`<span class="breaks">${row.words}</span>` },
    { key: 'people', label: t('audiences.column_people'), number: true,
      cell: (row) => number(row.inside) },
    { key: 'share', label: t('audiences.column_inside'), wide: true,
      cell: (row) => html`<${Bar} share=${row.share} base=${row.baseShare} />` },
    { key: 'base', label: t('audiences.column_base'), number: true,
      cell: (row) => percent(row.baseShare) },
    { key: 'lift', label: t('audiences.column_times'), number: true,
      cell: (row) => (row.baseShare ? times(row.share / row.baseShare) : '–') },
  ];
}


function One({ item, field }) {
  const { data, problem, reload } = useResource((options) =>
    api.post('/v1/distribution', { filter: { audience: item.id }, field,
      limit: mostValues }, options), [item.id, field]);

  // The field may have gone with the import that brought it.
  if (problem && !data) {
    return problem.status === 422 ? null
      : html`<${ProblemNote} problem=${problem} onRetry=${reload} />`;
  }
  return html`<h3 class="field-head">${fieldName(field)}</h3>
    ${!data ? html`<${Skeleton} lines="3" />`
      : data.inside.people === 0
        ? html`<p class="quiet">${t('audiences.nobody_inside')}</p>`
        : html`<p class="quiet small">${t('audiences.filled', { count:
            data.inside.filled, share: percent(data.inside.filled
              / data.inside.people) })}</p>
          <${Table} label=${fieldName(field)} columns=${columns()}
            rows=${rowsOf(data)} rowKey=${(row, i) => i} />`}`;
}


export function Distributions({ item }) {
  const fields = fieldsOf(item.filter);

  return fields.length === 0 ? null : html`
    <p class="quiet small">${t('audiences.fields_legend')}</p>
    ${fields.slice(0, mostFields).map((field) => html`
      <${One} key=${field} item=${item} field=${field} />`)}
    ${fields.length > mostFields && html`<p class="quiet">
      ${t('audiences.fields_more', { count: fields.length - mostFields })}</p>`}`;
}
