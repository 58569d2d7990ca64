// Jobs: what runs, what waits, what failed and why.

import { html } from '../../html.js';
import { dateTime, t } from '../../language.js';
import { useList } from '../../resource.js';
import { EmptyState, Page, Pager, ProblemNote, Skeleton, Table, Tag }
  from '../../ui/index.js';

const kinds = { ready: 'plain', scheduled: 'warn', running: 'info', done: 'good',
  dead: 'bad', cancelled: 'plain' };


function columns() {
  return [
    { key: 'type', label: t('jobs.column_type'), main: true,
      cell: (job) => t(`jobs.type_${job.type}`) },
    { key: 'at', label: t('jobs.column_at'),
      cell: (job) => dateTime(job.created_at) },
    { key: 'state', label: t('jobs.column_state'),
      cell: (job) => html`<${Tag} kind=${kinds[job.state]}>
        ${t(`jobs.state_${job.state}`)}<//>` },
  ];
}


export default function Jobs() {
  const list = useList('/v1/jobs', {});

  return html`<${Page} title=${t('jobs.title')} lead=${t('jobs.lead')}>
    <section class="card">
      ${list.problem && html`<${ProblemNote} problem=${list.problem}
        onRetry=${list.reload} />`}
      ${!list.items ? !list.problem && html`<${Skeleton} lines="5" />`
        : list.items.length === 0
          ? html`<${EmptyState} icon="clock" title=${t('jobs.none')} />`
          : html`<${Table} label=${t('jobs.title')} columns=${columns()}
              rows=${list.items} />`}
      <${Pager} more=${list.more} loading=${list.loading} />
    </section>
  <//>`;
}
