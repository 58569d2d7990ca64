// The rows that were rejected: where, why and what stood there; all of them as a
// file that can be corrected and sent again.

import { html } from '../../html.js';
import { fetchAgain, problemOf } from '../../api.js';
import { parseCsv } from '../../csv.js';
import { t } from '../../language.js';
import { useReasons } from '../../reasons.js';
import { useResource } from '../../resource.js';
import { Icon, ProblemNote, Skeleton, Table } from '../../ui/index.js';

const shown = 200;


// Rows that may stand in errors.csv: of those without consent only the ones
// whose contact had refused before do.
function mayHaveErrors({ rows, state }) {
  const lost = rows.lost_identifiers ?? 0;

  return rows.rejected + rows.refused_opt_in + lost > 0
    && ['succeeded', 'failed'].includes(state);
}


// Rows of errors.csv: line, column, reason, and the row's cells by the names of
// the file's columns.
async function load(id, { signal }) {
  const answer = await fetchAgain(`/v1/imports/${id}/errors.csv`, { signal }, true);

  if (!answer.ok) {
    throw await problemOf(answer);
  }
  const [names = [], ...rows] = parseCsv(await answer.text(), ',', shown + 2);

  return rows.map(([line, column, reason, ...cells]) => ({
    line: Number(line), column: column.replace(/^\//, ''), reason,
    value: (column ? cells[names.indexOf(column) - 3] : cells.join(', ')) ?? '',
  }));
}


function columns(reason) {
  return [
    { key: 'line', label: t('sources.line'), number: true,
      cell: (row) => t('sources.n', { count: row.line }) },
    { key: 'column', label: t('sources.column'),
      cell: (row) => row.column || t('sources.whole_row') },
    { key: 'value', label: t('sources.value'),
      cell: (row) => (row.value
        ? html`<code class="breaks">${row.value}</code>` : '–') },
    { key: 'reason', label: t('sources.reason'),
      cell: (row) => reason(row.reason) },
  ];
}


function File({ id }) {
  return html`<a class="button secondary" href=${`/v1/imports/${id}/errors.csv`}
    download=${`errors-${id}.csv`}>
    <${Icon} name="download" size="18" />${t('sources.rejected_file')}</a>`;
}


function List({ rows }) {
  const reason = useReasons();

  return html`<div class="rejected">
    <${Table} label=${t('sources.rejected')} rows=${rows.slice(0, shown)}
      rowKey=${(row, i) => i} columns=${columns(reason)} />
    ${rows.length > shown && html`<p class="quiet">
      ${t('sources.rejected_more', { count: shown })}</p>`}
  </div>`;
}


function Card({ id }) {
  const { data, problem, reload } = useResource((options) => load(id, options), [id]);

  return data?.length !== 0 && html`<section class="card">
    <div class="page-head">
      <div><h2>${t('sources.rejected')}</h2>
        <p class="quiet">${t('sources.rejected_text')}</p></div>
      ${data && html`<${File} id=${id} />`}
    </div>
    ${data ? html`<${List} rows=${data} />`
      : problem ? html`<${ProblemNote} problem=${problem} onRetry=${reload} />`
        : html`<${Skeleton} />`}
  </section>`;
}


export function Rejected({ item }) {
  return mayHaveErrors(item) && html`<${Card} id=${item.id} />`;
}
