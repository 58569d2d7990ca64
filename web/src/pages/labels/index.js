// Labels of conversations: who gives them, what corrections have taught, how good
// that is; learning now, and labelling again what is there.

import { useEffect, useState } from 'preact/hooks';
import { html } from '../../html.js';
import { api } from '../../api.js';
import { loadTexts, t } from '../../language.js';
import { useResource } from '../../resource.js';
import { Note, Page, ProblemNote, Skeleton, toast, useFieldTexts }
  from '../../ui/index.js';
import { Again } from './again.js';
import { Label } from './label.js';
import { Going, useLatestJob } from './job.js';


function TooLittle({ problem }) {
  const { count = 0, limit } = problem.body;

  return html`<${Note} kind="warn" role="alert">
    <p><strong>${t('labels.too_little')}</strong></p>
    <p>${t('labels.too_little_text', { limit })}${' '}
      ${t('labels.too_little_now', { count })}</p>
    <p><a href="/people">${t('labels.too_little_do')}</a></p>
  <//>`;
}


function LearnProblem({ problem }) {
  return problem.slug === 'too-little-to-learn'
    ? html`<${TooLittle} problem=${problem} />`
    : html`<${ProblemNote} problem=${problem} />`;
}


function Meaning() {
  return html`<section class="card"><details class="labels-meaning">
    <summary>${t('labels.meaning')}</summary>
    <dl class="reasons">
      <dt>${t('labels.accuracy')}</dt><dd>${t('labels.accuracy_text')}</dd>
      <dt>${t('labels.macro_f1')}</dt><dd>${t('labels.macro_f1_text')}</dd>
    </dl>
    <p>${t('labels.meaning_text')}</p>
  </details></section>`;
}


function Labels({ models }) {
  return html`${models.items.map((model) => html`<${Label} key=${model.label}
      model=${model} language=${models.language_model} />`)}
    ${models.items.some(({ training }) => training?.learned)
      && html`<${Meaning} />`}`;
}


export default function LabelsPage() {
  const models = useResource((options) => api.get('/v1/models', {}, options), []);
  const [problem, setProblem] = useState(null);
  const [asking, setAsking] = useState(false);
  const learning = useLatestJob('learn', (job) => {
    models.reload();
    if (job.state === 'done') {
      toast(t('labels.learned'));
    }
  });

  useFieldTexts();
  useEffect(() => { loadTexts('people', 'jobs').catch(() => {}); }, []);

  async function learn() {
    setProblem(null);
    setAsking(true);
    try {
      learning.follow(await api.post('/v1/models', {}));
    } catch (error) {
      setProblem(error);
    }
    setAsking(false);
  }

  const busy = asking || learning.going;

  return html`<${Page} title=${t('labels.title')} lead=${t('labels.lead')}
    back=${{ href: '/people', label: t('labels.back') }}
    actions=${html`<button type="button" disabled=${busy} aria-busy=${busy}
      onClick=${learn}>${t('labels.learn')}</button>`}>
    ${problem && html`<${LearnProblem} problem=${problem} />`}
    ${learning.going && html`<section class="card">
      <${Going} job=${learning.job} label=${t('labels.learning')} /></section>`}
    ${learning.followed && learning.job.state === 'dead' && html`<${Note} kind="bad"
      role="alert"><p>${t('labels.learn_failed')}${' '}
        <a href="/jobs">${t('labels.see_jobs')}</a></p><//>`}
    ${models.problem && html`<${ProblemNote} problem=${models.problem}
      onRetry=${models.reload} />`}
    ${models.data ? html`<${Labels} models=${models.data} />`
      : !models.problem && html`<section class="card"><${Skeleton} lines="5" />
        </section>`}
    <${Again} />
  <//>`;
}
