// A run while it goes on, and what it has found once it has ended.

import { useEffect, useState } from 'preact/hooks';
import { html } from '../../html.js';
import { api } from '../../api.js';
import { followJob, hasEnded } from '../../events.js';
import { dateTime, number, t } from '../../language.js';
import { useReasons } from '../../reasons.js';
import { useResource } from '../../resource.js';
import { Note, ProblemNote, Progress, Skeleton, announce } from '../../ui/index.js';
import { Outcome } from './outcome.js';
import { Found } from './found.js';

const stages = ['reading fields', 'finding groups', 'assigning', 'explaining',
  'testing stability', 'naming', 'saving'];


function Going({ run, job }) {
  const [problem, setProblem] = useState(null);
  const state = job?.state ?? run.state;
  const stage = job?.stage ?? run.stage;
  const progress = job?.progress ?? run.progress;
  const at = stages.indexOf(stage);
  const label = state === 'scheduled' ? t('segmentation.waits_again')
    : state === 'ready' || at < 0 ? t('segmentation.waits')
      : t(`segmentation.stage_${stage.replace(/ /g, '_')}`);

  function cancel() {
    setProblem(null);
    api.post(`/v1/jobs/${run.job}/cancel`).catch(setProblem);
  }

  return html`<div aria-live="polite">
      <${Progress} label=${label}
        value=${state === 'running' ? progress : undefined}
        note=${at >= 0 ? t('segmentation.step', { step: at + 1,
          steps: stages.length }) : ''} />
    </div>
    <p class="quiet">${t('segmentation.may_leave')}</p>
    ${problem && html`<${ProblemNote} problem=${problem} />`}
    <button type="button" class="secondary" onClick=${cancel}>
      ${t('common.cancel')}</button>`;
}


function Failed({ run }) {
  const reason = useReasons();

  return run.state === 'cancelled'
    ? html`<p>${t('segmentation.cancelled')}</p>`
    : html`<${Note} kind="bad" role="alert">
        <p><strong>${t('segmentation.failed')}</strong></p>
        ${run.error && html`<p class="small">${reason(run.error)}</p>`}
        <p><a href="/jobs">${t('segmentation.failed_do')}</a></p><//>`;
}


// The run, followed until it ends; onEnd is told once.
function useRun(id, onEnd) {
  const resource = useResource((options) =>
    api.get(`/v1/segmentations/${id}`, {}, options), [id]);
  const [job, setJob] = useState(null);
  const run = resource.data;
  const going = run && !hasEnded(run);

  useEffect(() => going ? followJob(run.job, (now) => {
    setJob(now);
    if (hasEnded(now)) {
      announce(t(`segmentation.said_${now.state}`));
      resource.reload();
      onEnd?.();
    }
  }) : undefined, [going, run?.job]);

  return { ...resource, job, going };
}


export function Current({ id, onEnd, alone }) {
  const { data: run, problem, reload, job, going } = useRun(id, onEnd);

  if (!run) {
    return problem ? html`<${ProblemNote} problem=${problem} onRetry=${reload} />`
      : html`<section class="card"><${Skeleton} lines="4" /></section>`;
  }
  return html`
    <section class="card" aria-labelledby="run-title">
      <header class="card-head">
        <h2 id="run-title">${going ? t('segmentation.now')
          : alone ? t('segmentation.one') : t('segmentation.latest')}</h2>
        <${Outcome} run=${going && job && !hasEnded(job) ? job : run} />
      </header>
      <p class="quiet">${t('segmentation.asked', { by: run.created_by,
        at: dateTime(run.created_at) })}
        ${run.profiles !== undefined && ` · ${t('segmentation.of_people',
          { count: run.profiles })}`}</p>
      ${going ? html`<${Going} run=${run} job=${job} />`
        : run.state === 'done' ? html`<${Found} run=${run} />`
          : html`<${Failed} run=${run} />`}
    </section>`;
}
