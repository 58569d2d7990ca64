// One person: what is known and from where, why the records are one person,
// what was said, which audiences, and erasing.

import { useEffect } from 'preact/hooks';
import { html } from '../../html.js';
import { api, isAbsent } from '../../api.js';
import { dateTime, t } from '../../language.js';
import { go } from '../../router.js';
import { useResource } from '../../resource.js';
import { Note, Page, ProblemNote, Skeleton, Tag, fieldName, useFieldTexts }
  from '../../ui/index.js';
import { Conversations } from './conversations.js';
import { Erase } from './erase.js';
import { Facts } from './facts.js';
import { Records } from './records.js';
import { personName } from './values.js';


const most = 100;


// The server looks through a part of them at a time.
async function loadAudiences(id, options, show) {
  const path = `/v1/profiles/${id}/audiences`;
  let data = await api.get(path, { limit: most }, options);

  while (data.next && data.items.length < most) {
    show(data);

    const next = await api.get(path,
      { limit: most - data.items.length, cursor: data.next }, options);

    data = { ...next, items: [...data.items, ...next.items] };
  }
  return data;
}


function Audiences({ id }) {
  const { data, problem, loading, reload } = useResource((options, show) =>
    loadAudiences(id, options, show), [id]);

  return html`<section class="card">
    <h2>${t('people.audiences')}</h2>
    ${problem ? html`<${ProblemNote} problem=${problem} onRetry=${reload} />`
      : !data ? html`<${Skeleton} lines="2" />`
        : data.items.length === 0 && !loading
          ? html`<p class="quiet">${t('people.no_audiences')}</p>`
          : html`<ul class="plain-list">${data.items.map((item) => html`
              <li key=${item.audience}>
                <a href=${`/audiences/${item.audience}`}>${item.name}</a>
                <span> <${Tag}>${t(`people.type_${item.type}`)}<//></span></li>`)}
            </ul>`}
    ${data && data.compared < data.audiences && html`<p class="quiet small">
      ${t('people.audiences_more', { count: data.compared, all: data.audiences })}</p>`}
  </section>`;
}


// nginx knows the fields by itself; then `problem` says what kept the rest away.
async function loadPerson(id, options) {
  try {
    return await api.get(`/v1/profiles/${id}`, {}, options);
  } catch (problem) {
    if (!isAbsent(problem.status, problem.slug)) {
      throw problem;
    }

    const { profiles: [found] } = await api.post('/v1/query', { profile: id },
      options);

    if (!found) {
      throw problem;
    }
    return { ...found, records: [], problem };
  }
}


function Rest({ profile, reload }) {
  return html`
    <${Conversations} id=${profile.id} onChange=${reload} />
    <${Records} profile=${profile} onChange=${reload} />
    <${Audiences} id=${profile.id} />`;
}


function Whole({ profile, reload }) {
  const { fields, problem } = profile;

  return html`<${Page} title=${personName(fields)}
    back=${{ href: '/people', label: t('people.title') }}
    lead=${fields.created_at && t('people.since', {
      created: dateTime(fields.created_at), updated: dateTime(fields.updated_at) })}
    actions=${!problem && html`<${Erase} profile=${profile} />`}>
    ${profile.refused_opt_in && html`<${Note} kind="warn">
      <p>${t('people.refused')}</p><//>`}
    <${Facts} profile=${profile} />
    ${problem ? html`<${ProblemNote} problem=${problem} onRetry=${reload} />`
      : html`<${Rest} profile=${profile} reload=${reload} />`}
  <//>`;
}


export function Person({ id }) {
  const { data, problem, reload } = useResource((options) =>
    loadPerson(id, options), [id]);

  useFieldTexts();

  // An id of before a join leads to who answers for it now.
  useEffect(() => {
    if (data && data.id !== id) {
      go(`/people/${data.id}`, { replace: true });
    }
  }, [data?.id]);

  if (data) {
    return html`<${Whole} profile=${data} reload=${reload} />`;
  }
  return html`<${Page} title=${t('people.one')}
    back=${{ href: '/people', label: t('people.title') }}>
    ${problem?.status === 404 ? html`<${Note}><p>${t('people.gone')}</p><//>`
      : problem ? html`<${ProblemNote} problem=${problem} onRetry=${reload} />`
        : html`<${Skeleton} lines="5" />`}
  <//>`;
}
