// What a job does, in words, and the page of what it works on.

import { has, t } from '../../language.js';


function prefix(job) {
  return (job.about ?? '').split('_')[0];
}


export function titleOf(job) {
  const kinds = { imp: 'undo', rul: 'rule', adt: 'erase' };
  const type = job.type === 'resolve' ? kinds[prefix(job)] ?? 'resolve' : job.type;

  return t(`jobs.type_${type}`);
}


export function nameOf(job) {
  return job.name ?? (job.about && prefix(job) === 'imp' ? t('jobs.by_api') : null);
}


export function pageOf(job) {
  const pages = { imp: '/sources', sgm: '/segmentation' };
  const page = pages[prefix(job)];

  if (['learn', 'classify'].includes(job.type)) {
    return '/labels';
  }
  return page ? `${page}/${job.about}` : null;
}


// What a running job is at.
export function stageOf({ stage }) {
  const key = `jobs.stage_${(stage ?? '').replaceAll(' ', '_')}`;

  return has(key) ? t(key) : stage;
}
