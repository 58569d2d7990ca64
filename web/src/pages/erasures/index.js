// Who had people erased: for who answers for the protection of data.

import { html } from '../../html.js';
import { shortDateTime, t } from '../../language.js';
import { place, setQuery } from '../../router.js';
import { useList } from '../../resource.js';
import { DateRange, EmptyState, Page, Pager, ProblemNote, SearchField, Skeleton,
  Table, Tag, dayBound } from '../../ui/index.js';

const tags = { done: 'good', failed: 'bad', cancelled: 'warn' };


function columns() {
  return [
    { key: 'profile', label: t('people.erased_id'), main: true,
      cell: ({ profile }) => profile ?? t('people.erased_again') },
    { key: 'by', label: t('people.by'), cell: ({ by }) => by || '–' },
    { key: 'at', label: t('people.asked_at'), cell: ({ at }) => shortDateTime(at) },
    { key: 'done', label: t('people.done_at'),
      cell: ({ done_at: at }) => (at ? shortDateTime(at) : '–') },
    { key: 'records', label: t('people.records'), number: true,
      cell: ({ records }) => t('people.n', { count: records ?? 0 }) },
    { key: 'state', label: t('people.state'),
      cell: ({ state }) => html`<${Tag} kind=${tags[state]}>
        ${t(`people.state_${state}`)}<//>` },
  ];
}


export default function Erasures() {
  const { query } = place.value;
  const values = Object.fromEntries(['q', 'from', 'to']
    .map((name) => [name, query.get(name) ?? '']));
  const list = useList('/v1/audit', { q: values.q, from: dayBound(values.from),
    to: dayBound(values.to, 1) });

  return html`<${Page} title=${t('people.erasures')} lead=${t('people.erasures_lead')}
    back=${{ href: '/people', label: t('people.title') }}>
    <section class="card">
      <div class="tools">
        <${SearchField} label=${t('people.erasures_search')} value=${values.q}
          onInput=${(q) => setQuery({ q })} />
        <${DateRange} from=${values.from} to=${values.to} onChange=${setQuery} />
      </div>
      ${list.problem && html`<${ProblemNote} problem=${list.problem}
        onRetry=${list.reload} />`}
      ${!list.items ? !list.problem && html`<${Skeleton} />`
        : list.items.length === 0
          ? html`<${EmptyState} icon="person" title=${t('people.no_erasures')} />`
          : html`<${Table} label=${t('people.erasures')} columns=${columns()}
              rows=${list.items} />`}
      <${Pager} more=${list.more} loading=${list.loading} />
    </section>
  <//>`;
}
