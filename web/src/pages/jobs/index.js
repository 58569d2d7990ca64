// Jobs: what runs, what waits, what failed and why; trying again, and ending.

import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from '../../html.js';
import { api } from '../../api.js';
import { followJob, hasEnded } from '../../events.js';
import { shortDateTime, percent, relative, t } from '../../language.js';
import { useReasons } from '../../reasons.js';
import { place, setQuery } from '../../router.js';
import { useList } from '../../resource.js';
import { Bar, Confirm, DateRange, EmptyState, Menu, Page, Pager, ProblemNote,
  SearchField, Skeleton, Table, Tag, dayBound, toast } from '../../ui/index.js';
import { nameOf, pageOf, stageOf, titleOf } from './about.js';

const kinds = { ready: 'plain', scheduled: 'warn', running: 'info', done: 'good',
  dead: 'bad', cancelled: 'plain' };
const freshFor = 5000;
const pageSize = 50;
const states = ['running', 'ready', 'scheduled', 'dead', 'done', 'cancelled'];


function Title({ job }) {
  const page = pageOf(job);
  const name = nameOf(job);

  const link = (text) => (page ? html`<a href=${page}>${text}</a>` : text);

  return html`<span>${name ? html`${titleOf(job)}: ${link(name)}`
    : link(titleOf(job))}</span>`;
}


function State({ job }) {
  return html`<${Tag} kind=${kinds[job.state]}>${t(`jobs.state_${job.state}`)}<//>`;
}


// Below the state: how far it is, when it comes again, why it failed.
function Detail({ job, reason }) {
  if (job.state === 'running') {
    return html`<${Bar} share=${job.progress} label=${percent(job.progress)} />
      ${job.stage && html`<span class="quiet small">
        ${stageOf(job)}</span>`}`;
  }
  return html`
    ${job.state === 'scheduled' && job.run_at && html`<span class="quiet small">
      ${t('jobs.again_at', { when: relative(job.run_at) })}</span>`}
    ${job.error && job.state !== 'done' && html`<span class="small breaks">
      ${reason(job.error)}</span>`}
    ${job.attempts > 1 && html`<span class="quiet small">
      ${t('jobs.attempts', { count: job.attempts })}</span>`}`;
}


// The job as it is now, told to the list at every change.
function Progressing({ job, onChange, reason }) {
  useEffect(() => followJob(job.id, onChange), [job.id]);

  return html`<span class="job-state"><${State} job=${job} />
    <${Detail} job=${job} reason=${reason} /></span>`;
}


function Ended({ job, reason }) {
  return html`<span class="job-state"><${State} job=${job} />
    <${Detail} job=${job} reason=${reason} /></span>`;
}


function columns(onChange, onAct, reason) {
  return [
    { key: 'type', label: t('jobs.column_type'), main: true,
      cell: (job) => html`<${Title} job=${job} />` },
    { key: 'at', label: t('jobs.column_at'),
      cell: (job) => shortDateTime(job.created_at) },
    { key: 'state', label: t('jobs.column_state'),
      cell: (job) => (hasEnded(job)
        ? html`<${Ended} job=${job} reason=${reason} />`
        : html`<${Progressing} key=${job.id} job=${job} reason=${reason}
            onChange=${onChange} />`) },
    { key: 'menu', label: t('jobs.actions'), unlabelled: true,
      cell: (job) => html`<${Actions} job=${job} onAct=${onAct} />` },
  ];
}


function Actions({ job, onAct }) {
  const title = [titleOf(job), nameOf(job)].filter(Boolean).join(': ');
  const items = [
    job.state === 'dead' && { label: t('jobs.retry'), icon: 'undo',
      onSelect: () => onAct('retry', job) },
    !hasEnded(job) && { label: t('jobs.cancel'), icon: 'close', danger: true,
      onSelect: () => onAct('cancel', job) },
  ].filter(Boolean);

  return items.length > 0 && html`<${Menu} items=${items}
    label=${t('jobs.actions_of', { name: title })} />`;
}


function Asking({ act, job, onClose, onChange }) {
  async function carryOut() {
    onChange(await api.post(`/v1/jobs/${job.id}/${act}`));
    toast(t(`jobs.done_${act}`));
  }

  return html`<${Confirm} title=${t(`jobs.${act}_title`)} danger=${act === 'cancel'}
    onYes=${carryOut} onClose=${onClose}>
    <p class="breaks"><strong><${Title} job=${job} /></strong></p>
    <p>${t(`jobs.${act}_text`)}</p>
  <//>`;
}


function Tools({ values }) {
  return html`<div class="tools">
    <${SearchField} label=${t('jobs.search')} value=${values.q}
      onInput=${(q) => setQuery({ q })} />
    <label class="choice"><span class="unseen">${t('jobs.column_state')}</span>
      <select name="state" value=${values.state}
        onChange=${(event) => setQuery({ state: event.target.value })}>
        <option value="">${t('jobs.state_any')}</option>
        ${states.map((state) => html`<option key=${state} value=${state}>
          ${t(`jobs.state_${state}`)}</option>`)}
      </select></label>
    <${DateRange} from=${values.from} to=${values.to} onChange=${setQuery} />
  </div>`;
}


function useJobs() {
  const { query } = place.value;
  const values = Object.fromEntries(['q', 'state', 'from', 'to']
    .map((name) => [name, query.get(name) ?? '']));
  const list = useList('/v1/jobs', { q: values.q, state: values.state,
    from: dayBound(values.from), to: dayBound(values.to, 1) }, { limit: pageSize });

  // Events do not repeat what a job is called.
  function change(job) {
    list.set((items) => items.map((one) =>
      (one.id === job.id ? { ...one, ...job } : one)));
  }

  useFresh(list);
  return { values, list, change };
}


// Jobs come by themselves: who looks on sees them, while it is the newest that
// are looked at.
function useFresh(list) {
  const latest = useRef(list);

  latest.current = list;
  useEffect(() => {
    const timer = setInterval(() => {
      const { items, loading, reload } = latest.current;

      if (!document.hidden && !loading && items?.length <= pageSize) {
        reload();
      }
    }, freshFor);

    return () => clearInterval(timer);
  }, []);
}


export default function Jobs() {
  const { values, list, change } = useJobs();
  const [asking, setAsking] = useState(null);
  const reason = useReasons();
  const narrowed = Object.values(values).some(Boolean);

  return html`<${Page} title=${t('jobs.title')} lead=${t('jobs.lead')}>
    <section class="card">
      <${Tools} values=${values} />
      ${list.problem && html`<${ProblemNote} problem=${list.problem}
        onRetry=${list.reload} />`}
      ${!list.items ? !list.problem && html`<${Skeleton} lines="5" />`
        : list.items.length === 0
          ? html`<${EmptyState} icon="clock"
              title=${narrowed ? t('jobs.none_found') : t('jobs.none')} />`
          : html`<${Table} label=${t('jobs.title')} rows=${list.items}
              columns=${columns(change,
                (act, job) => setAsking({ act, job }), reason)} />`}
      <${Pager} more=${list.more} loading=${list.loading} />
    </section>
    ${asking && html`<${Asking} ...${asking} onChange=${change}
      onClose=${() => setAsking(null)} />`}
  <//>`;
}
