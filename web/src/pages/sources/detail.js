// One import.

import { html } from '../../html.js';
import { api } from '../../api.js';
import { dateTime, t } from '../../language.js';
import { useResource } from '../../resource.js';
import { Page, ProblemNote, Skeleton } from '../../ui/index.js';
import { State, nameOf } from './state.js';


function Counts({ item }) {
  return html`<dl class="facts">
    ${['read', 'imported', 'refused_opt_in', 'rejected'].map((name) => html`
      <dt key=${name}>${t(`sources.rows_${name}`)}</dt>
      <dd>${t('sources.n', { count: item.rows[name] })}</dd>`)}
  </dl>`;
}


export function Source({ id }) {
  const { data, problem, reload } = useResource((options) =>
    api.get(`/v1/imports/${id}`, {}, options), [id]);
  const back = { href: '/sources', label: t('sources.title') };

  if (!data) {
    return html`<${Page} title=${t('sources.one')} back=${back}>
      ${problem ? html`<${ProblemNote} problem=${problem} onRetry=${reload} />`
        : html`<${Skeleton} />`}<//>`;
  }
  return html`<${Page} title=${nameOf(data)} back=${back}>
    <section class="card"><h2>${t('sources.rows')}</h2>
      <p><${State} item=${data} /> ${dateTime(data.created_at)}</p>
      <${Counts} item=${data} /></section>
  <//>`;
}
