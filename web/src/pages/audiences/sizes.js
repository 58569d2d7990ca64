// How large an audience was: a line over time, and the same as a table.

import { useEffect, useState } from 'preact/hooks';
import { html } from '../../html.js';
import { date, shortDateTime, number, percent, t } from '../../language.js';
import { Table } from '../../ui/index.js';


// What is known, and what is so now where that is another size.
function pointsOf(item, people) {
  const points = (item.sizes ?? []).map(({ at, size, share }) =>
    ({ at: Date.parse(at), size, share }));
  const count = people?.count ?? item.count;

  // Samples lose who leaves the base: no point of their history.
  if (item.type === 'manual' && count !== null
      && count !== points.at(-1)?.size) {
    points.push({ at: Date.now(), size: count,
      share: people?.total ? count / people.total : undefined });
  }
  return points;
}


function wordsOf(points) {
  return t('audiences.sizes_words', { from: points[0].size,
    to: points.at(-1).size, top: Math.max(...points.map(({ size }) => size)),
    since: date(points[0].at) });
}


// What draws is loaded by those who see a line; without it the table is there.
function Line({ points }) {
  const [Chart, setChart] = useState(null);

  useEffect(() => {
    import('./size_chart.js').then(({ SizeChart }) => setChart(() => SizeChart),
      () => {});
  }, []);

  return Chart && html`<${Chart} points=${points} label=${wordsOf(points)} />`;
}


function columns() {
  return [
    { key: 'at', label: t('audiences.column_when'), main: true,
      cell: (row) => shortDateTime(row.at) },
    { key: 'size', label: t('audiences.column_size'), number: true,
      cell: (row) => number(row.size) },
    { key: 'share', label: t('audiences.column_share'), number: true,
      cell: (row) => (row.share === undefined ? '–' : percent(row.share)) },
  ];
}


export function Sizes({ item, people }) {
  const points = pointsOf(item, people);

  return html`<section class="card" aria-labelledby="sizes-title">
    <h2 id="sizes-title">${t('audiences.sizes')}</h2>
    <p class="quiet small">${t(`audiences.sizes_${item.type}`)}</p>
    ${points.length < 2
      ? html`<p class="quiet">${t('audiences.sizes_one')}</p>`
      : html`<${Line} points=${points} />
        <details><summary>${t('audiences.sizes_table')}</summary>
          <${Table} label=${t('audiences.sizes')} columns=${columns()}
            rows=${[...points].reverse()} rowKey=${(row, i) => i} />
        </details>`}
  </section>`;
}
