// The newest job of a type, followed until it ends.

import { useEffect, useState } from 'preact/hooks';
import { html } from '../../html.js';
import { api } from '../../api.js';
import { followJob, hasEnded } from '../../events.js';
import { t } from '../../language.js';
import { useResource } from '../../resource.js';
import { Progress } from '../../ui/index.js';
import { stageOf } from '../jobs/about.js';


// Whole, with what came of it: neither lists nor events promise that.
async function newest(type, options) {
  const { items } = await api.get('/v1/jobs', { type, limit: 1 }, options);

  return items[0] ? api.get(`/v1/jobs/${items[0].id}`, {}, options) : null;
}


// { job, going, followed, follow(job), reload }: followed where it was seen at
// work.  onEnd(job) is called where that ends.
export function useLatestJob(type, onEnd) {
  const { data, set, reload } = useResource((options) => newest(type, options),
    [type]);
  const [followed, setFollowed] = useState(null);
  const going = Boolean(data) && !hasEnded(data);

  async function ended(job) {
    const whole = await api.get(`/v1/jobs/${job.id}`).catch(() => job);

    setFollowed(job.id);
    set(whole);
    onEnd?.(whole);
  }

  useEffect(() => (going ? followJob(data.id, (job) => {
    if (hasEnded(job)) {
      ended(job);
    } else {
      set(job);
    }
  }) : undefined), [going, data?.id]);

  return { job: data, going, followed: Boolean(data) && followed === data.id,
    follow: set, reload };
}


export function Going({ job, label, children }) {
  return html`<${Progress} label=${label}
      value=${job.state === 'running' ? job.progress : undefined}
      note=${job.state !== 'running' ? t('labels.waits') : stageOf(job)} />
    ${children}`;
}
