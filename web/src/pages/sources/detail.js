// One import: what became of its rows, and how it can be undone.

import { useEffect, useState } from 'preact/hooks';
import { html } from '../../html.js';
import { api } from '../../api.js';
import { followJob, hasEnded } from '../../events.js';
import { bytes, dateTime, list, t } from '../../language.js';
import { useResource } from '../../resource.js';
import { Confirm, Icon, Note, Page, ProblemNote, Progress, Skeleton, Table, toast }
  from '../../ui/index.js';
import { Failure } from './failure.js';
import { Rejected } from './rejected.js';
import { State, isContacts, isMoving, kindOf, nameOf } from './state.js';


// The others are shown where there are any.
const always = ['read', 'imported', 'refused_opt_in', 'rejected', 'created'];


function Figures({ item }) {
  const { rows, profiles = {} } = item;
  const figures = [
    ['read', rows.read], ['imported', rows.imported],
    ['refused_opt_in', rows.refused_opt_in], ['rejected', rows.rejected],
    ['duplicates', rows.duplicates], ['erased', rows.erased],
    ['created', profiles.created],
    ['updated', profiles.updated], ['joined', profiles.joined],
  ].filter(([name, n]) => n > 0 || (n === 0 && always.includes(name)));

  return html`<dl class="figures">
    ${figures.map(([name, count]) => html`<div key=${name}>
      <dt>${t(`sources.rows_${name}`)}</dt>
      <dd>${t('sources.n', { count })}</dd></div>`)}
  </dl>`;
}


// Who said yes to being stored, as far as the file tells.
function consentOf(item) {
  const { consent } = item;

  if (!consent || !isContacts(item)) {
    return null;
  }
  if (!consent.assumed) {
    return t('sources.consent_said');
  }
  return t(consent.column ? 'sources.consent_partly' : 'sources.consent_assumed',
    { count: consent.rows, by: consent.by });
}


// What a person is called, where that is known.
function Who({ id }) {
  const { data } = useResource((options) =>
    api.get('/v1/users', { q: id }, options), [id]);
  const name = data?.items.find((user) => user.id === id)?.name;

  return name ? `${name} (${id})` : id;
}


function About({ item }) {
  const facts = [
    ['by', html`<${Who} id=${item.created_by} />`], ['at', dateTime(item.created_at)],
    ['kind', kindOf(item)],
    ['size', item.bytes !== undefined && item.bytes !== null && bytes(item.bytes)],
    ['encoding', item.encoding?.toUpperCase()],
    ['separator', item.separator && t(item.separator === ';'
      ? 'sources.semicolon' : 'sources.comma')],
    ['consent', consentOf(item)],
    ['columns', !isContacts(item) && item.filename && list(item.columns)],
  ].filter(([, value]) => value);

  return html`<section class="card">
    <h2>${t('sources.about')}</h2>
    <dl class="facts">
      ${facts.map(([name, value]) => html`
        <dt key=${name}>${t(`sources.about_${name}`)}</dt><dd>${value}</dd>`)}
    </dl>
  </section>`;
}


function History({ item }) {
  return html`<section class="card">
    <h2>${t('sources.history')}</h2>
    <ol class="timeline">
      ${item.history.map(({ state, at, outcome }, i) => html`<li key=${i}>
        <strong>${t(`sources.state_${outcome === 'with_rejections' ? 'partly'
          : state === 'succeeded' ? 'complete' : state}`)}</strong>
        <span class="quiet">${dateTime(at)}</span></li>`)}
    </ol>
  </section>`;
}


// Of a file of contacts each column is a field; other files have columns that
// say together what becomes of fields.
function Columns({ item }) {
  const { columns, fields = [], types = {}, misfits = {} } = item;
  const own = isContacts(item);
  const rows = own
    ? columns.map((name, i) => ({ name, field: fields[i] ?? name }))
    : fields.map((name) => ({ name, field: name }));
  const title = t(own ? 'sources.columns' : 'sources.fields',
    { count: rows.length });

  return rows.length > 0 && html`<section class="card">
    <h2>${title}</h2>
    <${Table} label=${title} rows=${rows} rowKey=${(row) => row.name} columns=${[
        { key: 'name', label: own ? t('sources.column') : t('sources.field'),
          main: true, cell: ({ name, field }) => html`${name}${field !== name
            && html`<span class="quiet small"> ${
              t('sources.as_field', { field })}</span>`}` },
        { key: 'type', label: t('sources.column_type'),
          cell: ({ field }) => (types[field] ? t(`sources.type_${types[field]}`) : '–') },
        ...(Object.keys(misfits).length ? [{ key: 'misfits', number: true,
          label: t('sources.column_misfits'),
          cell: ({ field }) => t('sources.n', { count: misfits[field] ?? 0 }) }] : []),
      ]} />
  </section>`;
}


// Where the job is now; onEnd when there is something new to see.
function Live({ item, onEnd }) {
  const [job, setJob] = useState(null);
  const id = item.state === 'undoing' ? item.undo?.job : item.job;

  useEffect(() => followJob(id, (now) => {
    setJob(now);
    if (hasEnded(now)) {
      onEnd();
    }
  }), [id]);

  return html`<section class="card">
    <${Progress} value=${job?.progress}
      label=${t(`sources.${item.state === 'undoing' ? 'undoing' : 'job'}_${
        job?.state ?? 'ready'}`, { name: nameOf(item) })} />
    ${item.state !== 'undoing' && html`<button type="button" class="secondary"
      onClick=${() => api.post(`/v1/jobs/${id}/cancel`).catch(() => {})}>
      ${t('sources.cancel_import')}</button>`}
  </section>`;
}


function Undo({ item, onDone }) {
  const [asking, setAsking] = useState(false);

  async function undo() {
    onDone(await api.delete(`/v1/imports/${item.id}`));
    toast(t('sources.undo_begun', { name: nameOf(item) }));
  }

  return html`<button type="button" class="secondary"
      onClick=${() => setAsking(true)}>
      <${Icon} name="undo" size="18" />${t('sources.undo')}</button>
    ${asking && html`<${Confirm} title=${t('sources.undo_title')} danger
      yes=${t('sources.undo_yes')} onYes=${undo} onClose=${() => setAsking(false)}>
      <p class="breaks">${t('sources.undo_text',
        { name: nameOf(item), count: item.rows.imported })}</p>
      <p>${t('sources.undo_after')}</p>
    <//>`}`;
}


function Import({ item, onChange, onEnd }) {
  return html`<${Page} title=${nameOf(item)}
    back=${{ href: '/sources', label: t('sources.title') }}
    lead=${html`<${State} item=${item} />`}
    actions=${item.state === 'succeeded'
      && html`<${Undo} item=${item} onDone=${onChange} />`}>
    ${isMoving(item) && html`<${Live} key=${item.state} item=${item}
      onEnd=${onEnd} />`}
    ${item.state === 'failed' && html`<${Note} kind="bad">
      <p><${Failure} item=${item} /></p><//>`}
    <section class="card">
      <h2>${t('sources.rows')}</h2>
      <${Figures} item=${item} />
    </section>
    <${Rejected} item=${item} />
    <div class="columns">
      <${About} item=${item} />
      <${History} item=${item} />
    </div>
    <${Columns} item=${item} />
  <//>`;
}


export function Source({ id }) {
  const { data, problem, reload, set } = useResource((options) =>
    api.get(`/v1/imports/${id}`, {}, options), [id]);

  if (data) {
    return html`<${Import} item=${data} onChange=${set} onEnd=${reload} />`;
  }
  return html`<${Page} title=${t('sources.one')}
    back=${{ href: '/sources', label: t('sources.title') }}>
    ${problem ? html`<${ProblemNote} problem=${problem} onRetry=${reload} />`
      : html`<${Skeleton} />`}
  <//>`;
}
