// The button that begins a run, the run that is under way or was the last, and
// those before.

import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { api } from '../../api.js';
import { shortDateTime, number, t } from '../../language.js';
import { useList } from '../../resource.js';
import { Icon, Page, Pager, ProblemNote, Skeleton, Table, useFieldTexts }
  from '../../ui/index.js';
import { Ask } from './ask.js';
import { Current } from './current.js';
import { Outcome } from './outcome.js';

const steps = ['looks', 'groups', 'explains', 'repeats'];


function columns() {
  return [
    { key: 'at', label: t('segmentation.column_at'), main: true,
      cell: (run) => html`<a href=${`/segmentation/${run.id}`}>
        ${shortDateTime(run.created_at)}</a>` },
    { key: 'outcome', label: t('segmentation.column_outcome'),
      cell: (run) => html`<${Outcome} run=${run} />` },
    { key: 'audiences', label: t('segmentation.column_audiences'), number: true,
      cell: (run) => (run.audiences ? number(run.audiences.length) : '–') },
    { key: 'people', label: t('segmentation.column_people'), number: true,
      cell: (run) => (run.profiles === undefined ? '–' : number(run.profiles)) },
    { key: 'by', label: t('segmentation.column_by'),
      cell: (run) => html`<span class="breaks">${run.created_by}</span>` },
  ];
}


function How() {
  return html`<section class="card" aria-labelledby="how-title">
    <h2 id="how-title">${t('segmentation.how')}</h2>
    <ul class="steps">${steps.map((step) => html`<li key=${step}>
      <strong>${t(`segmentation.how_${step}`)}</strong>${' '}
      <span class="quiet">${t(`segmentation.how_${step}_text`)}</span></li>`)}
    </ul>
  </section>`;
}


function Earlier({ list }) {
  const runs = list.items.slice(1);

  return runs.length === 0 ? null : html`
    <section class="card" aria-labelledby="earlier-title">
      <h2 id="earlier-title">${t('segmentation.earlier')}</h2>
      <${Table} label=${t('segmentation.earlier')} columns=${columns()}
        rows=${runs} />
      <${Pager} more=${list.more} loading=${list.loading} />
    </section>`;
}


export function Runs() {
  const list = useList('/v1/segmentations', {}, { limit: 20 });
  const [asking, setAsking] = useState(false);
  const [started, setStarted] = useState(null);
  const latest = started ?? list.items?.[0]?.id;

  useFieldTexts();

  async function start(copies) {
    const run = await api.post('/v1/segmentations', { suggest_copies: copies });

    setStarted(run.id);
    list.reload();
  }

  const button = html`<button type="button" onClick=${() => setAsking(true)}>
    <${Icon} name="spark" size="18" />${t('segmentation.generate')}</button>`;

  return html`<${Page} title=${t('segmentation.title')}
    lead=${t('segmentation.lead')} actions=${button}>
    ${list.problem && html`<${ProblemNote} problem=${list.problem}
      onRetry=${list.reload} />`}
    ${!list.items && !list.problem && html`<section class="card">
      <${Skeleton} lines="5" /></section>`}
    ${latest && html`<${Current} key=${latest} id=${latest}
      onEnd=${list.reload} />`}
    ${list.items?.length === 0 && !latest && html`<${How} />`}
    ${list.items && html`<${Earlier} list=${list} />`}
    ${asking && html`<${Ask} onStart=${start}
      onClose=${() => setAsking(false)} />`}
  <//>`;
}
