// Conversations that are there, labelled again: what that would cost, how far it
// is, what came of it.

import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { api } from '../../api.js';
import { dateTime, t } from '../../language.js';
import { AudienceMenu, Confirm, Icon, Note, ProblemNote, announce, fieldName }
  from '../../ui/index.js';
import { Going, useLatestJob } from './job.js';
import { Who } from './label.js';


function Labellers({ labels }) {
  const models = [...new Set(Object.values(labels).map(({ model }) => model))];

  return models.length === 1 ? html`<${Who} model=${models[0]} />`
    : Object.entries(labels).map(([name, { model }]) => html`<div key=${name}>
      ${fieldName(name)}: <${Who} model=${model} /></div>`);
}


// Tokens are spent by a language model alone.
function Cost({ cost }) {
  const { conversations, unchanged, questions, tokens, exact } = cost;
  const left = cost.budget_left;
  const asks = Object.values(cost.labels)
    .some(({ model }) => !['builtin', 'learned'].includes(model));
  const facts = [
    ['conversations', conversations], ['unchanged', unchanged],
    ['changed', conversations - unchanged],
    ...(asks ? [['questions', questions], ['tokens', tokens]] : []),
    ...(left !== undefined ? [['left', left]] : []),
  ];

  return html`<dl class="facts">
      ${facts.map(([name, count]) => html`<dt key=${name}>
        ${t(`labels.cost_${name}`)}</dt><dd>${t('labels.n', { count })}</dd>`)}
      <dt>${t('labels.who_will')}</dt><dd><${Labellers} labels=${cost.labels} /></dd>
    </dl>
    ${!asks && html`<p class="cost-note">${t('labels.costs_nothing')}</p>`}
    ${!exact && html`<p class="cost-note quiet">${t('labels.not_exact')}</p>`}
    ${left < tokens && html`<div class="cost-note"><${Note} kind="warn">
      <p>${t('labels.too_dear')}</p><//></div>`}
    <p class="cost-note quiet">${t('labels.again_final')}</p>`;
}


function Result({ job }) {
  const { state, result, finished_at: at } = job;

  if (state === 'dead') {
    return html`<${Note} kind="bad"><p>${t('labels.again_failed')}${' '}
      <a href="/jobs">${t('labels.see_jobs')}</a></p><//>`;
  }
  return html`<${Note} kind=${state === 'done' ? 'good' : 'info'}>
    <p><strong>${t(`labels.again_${state}`, { at: dateTime(at) })}</strong></p>
    ${result && html`<p>${said(result)}</p>`}<//>`;
}


function said({ classified, unchanged, by_model: asked }) {
  return [t('labels.result_classified', { count: classified }),
    ...(asked ? [t('labels.result_model', { count: asked })] : []),
    ...(unchanged ? [t('labels.result_unchanged', { count: unchanged })] : [])]
    .join(' ');
}


// Everybody, or those of one audience.
function Whose({ whose, onPick }) {
  const name = whose.id ? whose.name : t('labels.all');

  return html`<div class="whose"><span>${t('labels.whose')}</span>
    <${AudienceMenu} class="secondary field-button" onPick=${onPick}
      first=${{ id: '', name: t('labels.all') }}
      aria-label=${`${t('labels.whose')}: ${name}`} title=${name}
      button=${html`<span>${name}</span><${Icon} name="down" size="16" />`} />
  </div>`;
}


function Ask({ onStart }) {
  const [whose, setWhose] = useState({ id: '' });
  const [state, setState] = useState({});
  const filter = whose.id ? { audience: whose.id } : null;
  const nothing = state.cost && state.cost.conversations === state.cost.unchanged;

  async function estimate() {
    setState({ busy: true });
    try {
      setState({ cost: await api.post('/v1/conversations/classify',
        { filter, estimate: true }) });
    } catch (problem) {
      setState({ problem });
    }
  }

  return html`<div class="tools">
      <${Whose} whose=${whose}
        onPick=${(item) => { setWhose(item); setState({}); }} />
      <button type="button" class="secondary" disabled=${state.busy}
        aria-busy=${Boolean(state.busy)} onClick=${estimate}>
        ${t('labels.see_cost')}</button>
    </div>
    ${state.problem && html`<${ProblemNote} problem=${state.problem} />`}
    ${nothing && html`<${Note} kind="info" role="status"><p>${t('labels.nothing',
      { count: state.cost.conversations })}</p><//>`}
    ${state.cost && !nothing && html`<${Confirm} title=${t('labels.again_title')}
      yes=${t('labels.again_yes')} onYes=${() => onStart(filter)}
      onClose=${() => setState({})}><${Cost} cost=${state.cost} /><//>`}`;
}


export function Again() {
  const [problem, setProblem] = useState(null);
  const latest = useLatestJob('classify', ({ state }) =>
    announce(t(`labels.said_${state}`)));
  const { job, going } = latest;

  // Somebody else may have begun it: then that is followed.
  async function start(filter) {
    setProblem(null);
    try {
      latest.follow(await api.post('/v1/conversations/classify', { filter }));
    } catch (error) {
      if (error.slug === 'classification-running') {
        latest.reload();
      }
      throw error;
    }
  }

  function cancel() {
    setProblem(null);
    api.post(`/v1/jobs/${job.id}/cancel`).catch(setProblem);
  }

  return html`<section class="card" aria-labelledby="again-title">
    <h2 id="again-title">${t('labels.again')}</h2>
    <p>${t('labels.again_text')}</p>
    ${going ? html`<${Going} job=${job} label=${t('labels.again_going')}>
        ${job.result && html`<p class="quiet">${said(job.result)}</p>`}
        <button type="button" class="secondary" onClick=${cancel}>
          ${t('common.cancel')}</button><//>`
      : html`<${Ask} onStart=${start} />`}
    ${problem && html`<${ProblemNote} problem=${problem} />`}
    ${job && !going && html`<${Result} job=${job} />`}
  </section>`;
}
