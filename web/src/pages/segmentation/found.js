// What a run has found, in plain words: groups that are audiences now, those
// that are gone, which fields it looked at and which not.

import { html } from '../../html.js';
import { number, percent, t } from '../../language.js';
import { Note, Table, Tag, fieldName } from '../../ui/index.js';

const kinds = { new: 'good', grown: 'info', shrunk: 'warn', kept: 'plain' };


function Change({ row }) {
  return html`<${Tag} kind=${kinds[row.change]}>
    ${t(`segmentation.change_${row.change}`)}<//>
    ${row.previous_size !== null && row.previous_size !== row.size
      && html`${' '}<span class="quiet small">${t('segmentation.before',
        { count: row.previous_size })}</span>`}`;
}


function columns() {
  return [
    { key: 'name', label: t('segmentation.column_group'), main: true,
      cell: (row) => html`<a href=${`/audiences/${row.id}`}>${row.name}</a>` },
    { key: 'change', label: t('segmentation.column_change'),
      cell: (row) => html`<${Change} row=${row} />` },
    { key: 'size', label: t('segmentation.column_people'), number: true,
      cell: (row) => number(row.size) },
    { key: 'share', label: t('segmentation.column_share'), number: true,
      cell: (row) => percent(row.share) },
  ];
}


function Gone({ run }) {
  return run.gone.length === 0 ? null : html`
    <h3>${t('segmentation.gone', { count: run.gone.length })}</h3>
    <p class="quiet small">${t('segmentation.gone_text')}</p>
    <ul>${run.gone.map((row) => html`<li key=${row.id}>
      <a href=${`/audiences/${row.id}`}>${row.name}</a>${' '}
      <span class="quiet">${t('segmentation.people', { count: row.size })}</span>
    </li>`)}</ul>`;
}


// Fields by why they were left out, the reasons in the order of their names.
function LeftOut({ fields }) {
  const reasons = [...new Set(fields.map(({ reason }) => reason))].sort();

  return html`<details>
    <summary>${t('segmentation.left_out', { count: fields.length })}</summary>
    <dl class="reasons">${reasons.map((reason) => html`
      <dt key=${reason}>${t(`segmentation.reason_${reason}`)}</dt>
      <dd class="breaks">${fields.filter((one) => one.reason === reason)
        .map((one) => (one.same_as ? t('segmentation.same_as',
          { field: fieldName(one.field), other: fieldName(one.same_as) })
          : fieldName(one.field))).join(' · ')}</dd>`)}
    </dl>
  </details>`;
}


function Looked({ run }) {
  return html`
    ${run.fields.length > 0 && html`<details>
      <summary>${t('segmentation.fields', { count: run.fields.length })}</summary>
      <p class="breaks">${run.fields.map(({ field }) => fieldName(field))
        .join(' · ')}</p></details>`}
    ${run.left_out.length > 0 && html`<${LeftOut} fields=${run.left_out} />`}`;
}


export function Found({ run }) {
  const words = html`<p><strong>${t(`segmentation.outcome_${run.outcome}`,
    { count: run.audiences.length })}</strong></p>
    ${run.outcome !== 'groups' && html`<p>
      ${t(`segmentation.outcome_${run.outcome}_text`)}</p>`}`;

  return html`
    ${run.outcome === 'groups' ? words
      : html`<${Note} kind="info">${words}<//>`}
    ${run.audiences.length > 0 && html`<${Table}
      label=${t('segmentation.groups')} columns=${columns()}
      rows=${run.audiences} />`}
    ${run.suggest_copies && run.audiences.length > 0 && html`<p class="quiet">
      ${t('segmentation.copies_where')}</p>`}
    ${run.too_small > 0 && html`<p class="quiet">
      ${t('segmentation.too_small', { count: run.too_small })}</p>`}
    ${run.outcome === 'groups' && run.unassigned > 0 && html`<p class="quiet">
      ${t('segmentation.unassigned', { count: run.unassigned })}</p>`}
    <${Gone} run=${run} />
    <${Looked} run=${run} />`;
}
