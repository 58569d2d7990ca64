// How large an audience was: a line over time, and the same as a table.

import { html } from '../../html.js';
import { date, dateTime, number, percent, t } from '../../language.js';
import { Table } from '../../ui/index.js';

const width = 400;
const height = 120;


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


// A size stays until the next point: steps.
function pathOf(points, top) {
  const [first, last] = [points[0].at, points.at(-1).at];
  const x = (at) => (last > first ? (at - first) / (last - first) : 0) * width;
  const y = (size) => height - (size / top) * height;
  const steps = points.map(({ at, size }, i) => (i ? `H${x(at)}V${y(size)}`
    : `M0 ${y(size)}`));

  return `${steps.join('')}H${width}`;
}


function Line({ points }) {
  const top = Math.max(1, ...points.map(({ size }) => size));
  const path = pathOf(points, top);
  const words = t('audiences.sizes_words', { from: points[0].size,
    to: points.at(-1).size, top, since: date(points[0].at) });

  return html`<div class="line-chart">
    <span class="line-top small quiet">${number(top)}</span>
    <svg viewBox=${`0 -4 ${width} ${height + 8}`} preserveAspectRatio="none"
      role="img" aria-label=${words}>
      <path class="line-area" d=${`${path}V${height}H0Z`} />
      <path class="line" d=${path} />
    </svg>
    <span class="line-ends small quiet"><span>${date(points[0].at)}</span>
      <span>${date(points.at(-1).at)}</span></span>
  </div>`;
}


function columns() {
  return [
    { key: 'at', label: t('audiences.column_when'), main: true,
      cell: (row) => dateTime(row.at) },
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
