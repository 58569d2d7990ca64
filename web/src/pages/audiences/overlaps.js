// Which other audiences share members with this one.

import { html } from '../../html.js';
import { api } from '../../api.js';
import { number, t } from '../../language.js';
import { useResource } from '../../resource.js';
import { Bar, ProblemNote, Skeleton, Table } from '../../ui/index.js';

const most = 8;


function columns() {
  return [
    { key: 'name', label: t('audiences.column_other'), main: true,
      cell: (row) => html`<a href=${`/audiences/${row.audience}`}>
        ${row.name}</a>` },
    { key: 'both', label: t('audiences.column_both'), number: true,
      cell: (row) => number(row.both) },
    { key: 'share', label: t('audiences.column_of_this'), wide: true,
      cell: (row) => html`<${Bar} share=${row.share} />` },
    { key: 'share_of_it', label: t('audiences.column_of_other'), wide: true,
      cell: (row) => html`<${Bar} share=${row.share_of_it} />` },
  ];
}


function Content({ data }) {
  if (data.items.length === 0) {
    return html`<p class="quiet">${t(data.others ? 'audiences.overlap_none'
      : 'audiences.overlap_no_others')}</p>`;
  }
  return html`
    <${Table} label=${t('audiences.overlap')} columns=${columns()}
      rows=${data.items} rowKey=${(row) => row.audience} />
    ${data.overlapping > data.items.length && html`<p class="quiet small">
      ${t('audiences.overlap_more',
        { count: data.overlapping - data.items.length })}</p>`}
    ${data.compared < data.others && html`<p class="quiet small">
      ${t('audiences.overlap_compared', { compared: data.compared,
        others: data.others })}</p>`}`;
}


export function Overlaps({ item }) {
  const { data, problem, reload } = useResource((options) =>
    api.get(`/v1/audiences/${item.id}/overlaps`, { limit: most }, options),
  [item.id]);

  return html`<section class="card" aria-labelledby="overlap-title">
    <h2 id="overlap-title">${t('audiences.overlap')}</h2>
    ${data ? html`<${Content} data=${data} />`
      : problem ? html`<${ProblemNote} problem=${problem} onRetry=${reload} />`
        : html`<${Skeleton} />`}
  </section>`;
}
