// How the people inside are distributed over a field's values, against the base.
// A value leads to a condition on it.

import { html } from '../../html.js';
import { date, dateTime, dayRange, number, percent, t } from '../../language.js';
import { Bar, EmptyState, Icon, ProblemNote, Skeleton, fieldName }
  from '../../ui/index.js';
import { useDistribution } from './data.js';
import { FieldMenu } from './field_menu.js';
import { condition } from './filter.js';

const limit = 15;

// What of a range's days is told.
const told = { month: { month: 'short', year: 'numeric' },
  year: { year: 'numeric' } };


function share(part, whole) {
  return whole ? part / whole : 0;
}


// The last day, or whole number, of a range whose bound is the one behind it.
function last(to, { unit, whole }) {
  if (unit === 'number') {
    return whole ? to - 1 : to;
  }
  return new Date(Date.parse(to) - 86_400_000).toISOString().slice(0, 10);
}


function pointText(value, unit) {
  if (unit === 'number') {
    return number(value, { maximumFractionDigits: 10 });
  }
  return unit === 'hour' ? dateTime(value) : date(`${value}T12:00:00`);
}


function rangeText({ from, to }, about) {
  const { unit, whole, size } = about;

  if (from === null) {
    return t('build.below', { to: pointText(to, unit) });
  }
  if (to === null) {
    return t('build.from_on', { from: pointText(from, unit) });
  }
  if (unit === 'hour' || (unit === 'number' && whole && size === 1)) {
    return pointText(from, unit);
  }
  if (unit !== 'number') {
    return dayRange(from, last(to, about), told[unit]);
  }
  return t('build.range', { from: pointText(from, unit),
    to: pointText(last(to, about), unit) });
}


// The condition that a range stands for; ranges of hours and of numbers that are
// not whole end between two values, and open ones at one end.
function rangeCondition(field, { from, to }, about) {
  if (about.unit === 'hour' || (about.unit === 'number' && !about.whole)) {
    return null;
  }
  if (from === null || to === null) {
    const dates = about.unit !== 'number';
    const value = from === null ? to : last(from, about);

    return condition(field, from === null ? (dates ? 'before' : 'less_than')
      : (dates ? 'after' : 'greater_than'), value);
  }
  return condition(field, 'between', [from, last(to, about)]);
}


function rowsOf(data) {
  const { field, values, ranges } = data;

  return ranges ? ranges.map((range) => ({ ...range,
    label: rangeText(range, data), make: () => rangeCondition(field, range, data) }))
    : values.map((one) => ({ ...one,
      label: typeof one.value === 'boolean' ? t(one.value ? 'build.yes' : 'build.no')
        : typeof one.value === 'number'
          ? number(one.value, { maximumFractionDigits: 10 }) : one.value,
      make: () => condition(field, 'equals', one.value) }));
}


function Row({ row, data, onAdd }) {
  const own = share(row.inside, data.inside.filled);
  const base = share(row.base, data.base.filled);
  const can = onAdd && row.make?.();

  return html`<tr>
    <th scope="row">${can ? html`<button type="button" class="value-button"
      title=${t('build.add_condition')} onClick=${() => onAdd(row.make())}>
      ${row.label}</button>` : row.label}</th>
    <td class="number">${number(row.inside)}</td>
    <td class="dist-bar"><${Bar} share=${own} base=${base} /></td>
    <td class="number quiet">${percent(base)}</td>
  </tr>`;
}


function Shares({ data, onAdd }) {
  const rows = rowsOf(data);
  const { other, inside, base } = data;

  if (!inside.filled && !base.filled) {
    return html`<${EmptyState} title=${t('build.nobody_has')} />`;
  }
  return html`
    <table class="dist">
      <caption class="unseen">${t('build.distribution_of',
        { name: fieldName(data.field) })}</caption>
      <thead><tr>
        <th scope="col">${t('build.value')}</th>
        <th scope="col" class="number">${t('build.people_word')}</th>
        <th scope="col">${t('build.share_inside')}</th>
        <th scope="col" class="number">${t('build.share_base')}</th>
      </tr></thead>
      <tbody>
        ${rows.map((row) => html`<${Row} key=${row.label} row=${row} data=${data}
          onAdd=${onAdd} />`)}
        ${other.values > 0 && html`<${Row} key="other" data=${data} row=${{ ...other,
          label: t('build.others', { count: other.values }) }} />`}
      </tbody>
    </table>
    <p class="quiet small">${t('build.filled', {
      filled: percent(share(inside.filled, inside.people)),
      base: percent(share(base.filled, base.people)) })}</p>`;
}


export function Distribution({ filter, field, fields, total, onField, onAdd }) {
  const { data, problem, pending, retry } = useDistribution(filter, field, limit);

  return html`<section class="card" aria-labelledby="distribution-title"
    id="distribution">
    <div class="tools">
      <h2 id="distribution-title">${t('build.distribution')}</h2>
      <${FieldMenu} class="secondary field-button" fields=${fields} total=${total}
        aria-label=${t('build.distribution_field', { name: fieldName(field) })}
        button=${html`<span>${fieldName(field)}</span>
          <${Icon} name="down" size="16" />`}
        onPick=${({ name }) => onField(name)} />
    </div>
    ${problem ? problem.status === 422
      ? html`<p class="quiet">${t('build.no_count')}</p>`   /* said beside the part */
      : html`<${ProblemNote} problem=${problem} onRetry=${retry} />`
      : html`<div aria-busy=${pending} class=${pending ? 'settling' : ''}>
          ${data ? html`<${Shares} data=${data} onAdd=${onAdd} />`
            : html`<${Skeleton} lines="6" />`}
        </div>`}
  </section>`;
}
