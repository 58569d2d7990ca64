// The exports of an audience: state, link, how long it lives, how often it was
// fetched.  Those under way are followed.

import { useEffect } from 'preact/hooks';
import { html } from '../../html.js';
import { followJob, hasEnded } from '../../events.js';
import { bytes, dateTime, shortDateTime, number, relative, t } from '../../language.js';
import { useReasons } from '../../reasons.js';
import { useList } from '../../resource.js';
import { Pager, ProblemNote, Skeleton, Table, Tag } from '../../ui/index.js';

const kinds = { queued: 'plain', running: 'info', done: 'good', failed: 'bad',
  expired: 'plain', revoked: 'plain' };


// A link that has expired since the list was loaded is no link.
function isOpen(row) {
  return row.state === 'done' && row.url && Date.parse(row.expires_at) > Date.now();
}


function State({ row, reason }) {
  const state = row.state === 'done' && !isOpen(row) ? 'expired' : row.state;

  return html`<${Tag} kind=${kinds[state]}>${t(`audiences.state_${state}`)}<//>
    ${row.error && html`${' '}<span class="small quiet breaks">
      ${reason(row.error)}</span>`}`;
}


function columns(reason) {
  return [
    { key: 'at', label: t('audiences.column_exported'), main: true,
      cell: (row) => html`${shortDateTime(row.created_at)}${' '}
        <span class="quiet small breaks">${row.created_by}</span>` },
    { key: 'state', label: t('audiences.column_state'),
      cell: (row) => html`<${State} row=${row} reason=${reason} />` },
    { key: 'rows', label: t('audiences.column_rows'), number: true,
      cell: (row) => (['queued', 'running', 'failed'].includes(row.state) ? '–'
        : `${number(row.rows)} · ${bytes(row.bytes)}`) },
    { key: 'expires', label: t('audiences.column_expires'),
      cell: (row) => (isOpen(row) ? html`<span title=${dateTime(row.expires_at)}>
        ${relative(row.expires_at)}</span>` : '–') },
    { key: 'downloads', label: t('audiences.column_downloads'), number: true,
      cell: (row) => number(row.downloads) },
    { key: 'link', label: t('audiences.column_link'),
      cell: (row) => (isOpen(row) ? html`<a class="nowrap" href=${row.url}
        download>${t('audiences.download')}</a>` : '–') },
  ];
}


// Loads the list anew when one that was under way has ended.
function useEnds(list) {
  const waiting = (list.items ?? []).filter(({ state, job }) =>
    job && ['queued', 'running'].includes(state)).map(({ job }) => job);

  useEffect(() => {
    const stops = waiting.slice(0, 2).map((job) => followJob(job, (now) =>
      hasEnded(now) && list.reload()));

    return () => stops.forEach((stop) => stop());
  }, [waiting.join()]);
}


export function Exports({ item, again, onExport }) {
  const list = useList(`/v1/audiences/${item.id}/exports`, {}, { limit: 10 });

  const reason = useReasons();

  useEnds(list);
  useEffect(() => {
    if (again) {
      list.reload();
    }
  }, [again]);

  return html`<section class="card" aria-labelledby="exports-title">
    <h2 id="exports-title">${t('audiences.exports')}</h2>
    ${list.problem && html`<${ProblemNote} problem=${list.problem}
      onRetry=${list.reload} />`}
    ${!list.items ? !list.problem && html`<${Skeleton} />`
      : list.items.length === 0
        ? html`<p class="quiet">${t('audiences.exports_none')}</p>
            <p><button type="button" class="secondary" onClick=${onExport}>
              ${t('audiences.export')}</button></p>`
        : html`<${Table} label=${t('audiences.exports')} columns=${columns(reason)}
            rows=${list.items} />`}
    <${Pager} more=${list.more} loading=${list.loading} />
  </section>`;
}
