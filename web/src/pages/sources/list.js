// The list of imports, with the place to upload above it.

import { useEffect } from 'preact/hooks';
import { html } from '../../html.js';
import { followJob, hasEnded } from '../../events.js';
import { shortDateTime, t } from '../../language.js';
import { place, setQuery } from '../../router.js';
import { useList } from '../../resource.js';
import { DateRange, EmptyState, Page, Pager, ProblemNote, SearchField, Skeleton,
  Table, Tag, dayBound } from '../../ui/index.js';
import { State, isContacts, isMoving, kindOf, nameOf } from './state.js';
import { Upload } from './upload_card.js';
import { changes } from './uploads.js';


// What moves is looked at until it has ended; what waits, until it runs.
function Moving({ item, onChange }) {
  const waits = item.state === 'queued';

  useEffect(() => followJob(item.state === 'undoing' ? item.undo.job : item.job,
    (job) => (hasEnded(job) || (waits && job.state === 'running')) && onChange()),
  [item.id, item.state]);

  return html`<${State} item=${item} />`;
}


function Name({ item }) {
  return html`<a href=${`/sources/${item.id}`}>${nameOf(item)}</a>
    ${!isContacts(item) && item.filename && html` <${Tag}>${kindOf(item)}<//>`}`;
}


function columns(reload) {
  return [
    { key: 'filename', label: t('sources.column_name'), main: true,
      cell: (item) => html`<${Name} item=${item} />` },
    { key: 'columns', label: t('sources.column_columns'), number: true,
      cell: (item) => t('sources.n', { count: item.columns.length }) },
    { key: 'rows', label: t('sources.column_rows'), number: true,
      cell: (item) => t('sources.n', { count: item.rows.imported }) },
    { key: 'at', label: t('sources.column_at'),
      cell: (item) => shortDateTime(item.created_at) },
    { key: 'state', label: t('sources.column_state'),
      cell: (item) => (isMoving(item)
        ? html`<${Moving} item=${item} onChange=${reload} />`
        : html`<${State} item=${item} />`) },
  ];
}


function Tools({ values }) {
  return html`<div class="tools">
    <${SearchField} label=${t('sources.search')} value=${values.q}
      onInput=${(q) => setQuery({ q })} />
    <${DateRange} from=${values.from} to=${values.to} onChange=${setQuery} />
  </div>`;
}


function None({ narrowed }) {
  return html`<${EmptyState} icon="file"
    title=${narrowed ? t('sources.none_found') : t('sources.none')}>
    ${narrowed ? t('sources.none_found_text') : t('sources.none_text')}<//>`;
}


export function Sources() {
  const { query } = place.value;
  const values = Object.fromEntries(['q', 'from', 'to']
    .map((name) => [name, query.get(name) ?? '']));
  const list = useList('/v1/imports', { q: values.q, from: dayBound(values.from),
    to: dayBound(values.to, 1) });
  const seen = changes.value;

  useEffect(() => { if (seen) { list.reload(); } }, [seen]);

  return html`<${Page} title=${t('sources.title')} lead=${t('sources.lead')}>
    <${Upload} />
    <section class="card" aria-labelledby="imports-title">
      <h2 id="imports-title">${t('sources.list')}</h2>
      <${Tools} values=${values} />
      ${list.problem && html`<${ProblemNote} problem=${list.problem}
        onRetry=${list.reload} />`}
      ${!list.items ? !list.problem && html`<${Skeleton} lines="5" />`
        : list.items.length === 0
          ? html`<${None} narrowed=${values.q || values.from || values.to} />`
          : html`<${Table} label=${t('sources.list')}
              columns=${columns(list.reload)} rows=${list.items} />`}
      <${Pager} more=${list.more} loading=${list.loading} />
    </section>
  <//>`;
}
