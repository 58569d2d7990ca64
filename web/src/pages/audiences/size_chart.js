// A size over time as uPlot draws it: a size stays until the next point, and
// the pointer tells which it was at a moment.

import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { html } from '../../html.js';
import { date, dateTime, language, number, t } from '../../language.js';
import { theme } from '../../theme.js';

const height = 180;
const day = 86_400_000;


// The colour that a variable of the style sheet has in the theme of now.
function ink(chart, variable) {
  const { style } = chart.root;

  style.color = `var(${variable})`;
  const { color } = getComputedStyle(chart.root);
  style.color = '';
  return color;
}


function axis(more) {
  return { stroke: (chart) => ink(chart, '--quiet'), ticks: { show: false },
    grid: { stroke: (chart) => ink(chart, '--line'), width: 1 }, ...more };
}


// As many moments as have room for their words; sizes are whole numbers.
function options(width) {
  return {
    width, height, ms: 1, padding: [8, 8, 0, 0],
    cursor: { y: false, drag: { x: false, y: false } },
    legend: { markers: { show: false } },
    scales: { x: { time: true }, y: { range: (_, low, high) => [0, Math.max(1, high * 1.05)] } },
    axes: [
      axis({ space: 180, grid: { show: false },
        values: (_, moments, axisAt, space, step) =>
          moments.map((at) => (step < day ? dateTime(at) : date(at))) }),
      axis({ incrs: [1, 2, 5].flatMap((n) => Array.from({ length: 8 },
        (_, power) => n * 10 ** power)).sort((a, b) => a - b),
      size: 64, values: (_, sizes) => sizes.map((size) => number(size)) }),
    ],
    series: [
      { label: t('audiences.column_when'),
        value: (_, at) => (at === null ? '–' : dateTime(at)) },
      { label: t('audiences.column_size'), width: 2,
        stroke: (chart) => ink(chart, '--accent'),
        fill: (chart) => ink(chart, '--accent-soft'),
        paths: uPlot.paths.stepped({ align: 1 }),
        value: (_, size) => (size === null ? '–' : number(size)) },
    ],
  };
}


// points: [{ at, size }] by time, at in ms: the last is so until now; label: what
// a screen reader says.
export function SizeChart({ points, label }) {
  const place = useRef(null);
  const drawn = useRef(null);
  const key = JSON.stringify(points);

  useEffect(() => {
    const box = place.current;
    const until = [...points, { at: Date.now(), size: points.at(-1).size }];
    const chart = new uPlot(options(box.clientWidth),
      [until.map(({ at }) => at), until.map(({ size }) => size)], box);
    const watch = new ResizeObserver(() =>
      chart.setSize({ width: box.clientWidth, height }));
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const again = () => chart.redraw(false, true);

    drawn.current = again;
    watch.observe(box);
    dark.addEventListener('change', again);
    return () => {
      dark.removeEventListener('change', again);
      watch.disconnect();
      chart.destroy();
    };
  }, [key, language.value]);
  useEffect(() => drawn.current(), [theme.value]);

  return html`<div class="size-chart" role="img" aria-label=${label}
    ref=${place}></div>`;
}
