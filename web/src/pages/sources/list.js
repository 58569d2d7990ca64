// The list of imports, with the place to upload above it.

import { html } from '../../html.js';
import { dateTime, t } from '../../language.js';
import { place, setQuery } from '../../router.js';
import { useList } from '../../resource.js';
import { DateRange, EmptyState, Page, Pager, ProblemNote, SearchField, Skeleton,
  Table, dayBound } from '../../ui/index.js';
import { State, nameOf } from './state.js';
import { Upload } from './upload_card.js';


function columns() {
  return [
    { key: 'filename', label: t('sources.column_name'), main: true,
      cell: (item) => html`<a href=${`/sources/${item.id}`}>${nameOf(item)}</a>` },
    { key: 'columns', label: t('sources.column_columns'), number: true,
      cell: (item) => t('sources.n', { count: item.columns.length }) },
    { key: 'rows', label: t('sources.column_rows'), number: true,
      cell: (item) => t('sources.n', { count: item.rows.imported }) },
    { key: 'at', label: t('sources.column_at'),
      cell: (item) => dateTime(item.created_at) },
    { key: 'state', label: t('sources.column_state'),
      cell: (item) => html`<${State} item=${item} />` },
  ];
}


export function Sources() {
  const { query } = place.value;
  const values = Object.fromEntries(['q', 'from', 'to']
    .map((name) => [name, query.get(name) ?? '']));
  const list = useList('/v1/imports', { q: values.q, from: dayBound(values.from),
    to: dayBound(values.to, 1) });
  const narrowed = values.q || values.from || values.to;

  return html`<${Page} title=${t('sources.title')} lead=${t('sources.lead')}>
    <${Upload} onChange=${list.reload} />
    <section class="card" aria-labelledby="imports-title">
      <h2 id="imports-title">${t('sources.list')}</h2>
      <div class="tools">
        <${SearchField} label=${t('sources.search')} value=${values.q}
          onInput=${(q) => setQuery({ q })} />
        <${DateRange} from=${values.from} to=${values.to} onChange=${setQuery} />
      </div>
      ${list.problem && html`<${ProblemNote} problem=${list.problem}
        onRetry=${list.reload} />`}
      ${!list.items ? !list.problem && html`<${Skeleton} lines="5" />`
        : list.items.length === 0
          ? html`<${EmptyState} icon="file"
              title=${narrowed ? t('sources.none_found') : t('sources.none')}>
              ${narrowed ? t('sources.none_found_text') : t('sources.none_text')}<//>`
          : html`<${Table} label=${t('sources.list')} columns=${columns()}
              rows=${list.items} />`}
      <${Pager} more=${list.more} loading=${list.loading} />
    </section>
  <//>`;
}
