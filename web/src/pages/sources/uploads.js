// Files on their way, of this window: one is sent after the other, and then
// followed until its import has ended.  They go on while other pages are shown.
//
// A sending is { id, file, name, kind, encoding, state, sent, size, item, job,
// problem }; its state is waiting, sending, following, ended, refused or
// cancelled.

import { signal } from '@preact/signals';
import { api } from '../../api.js';
import { followJob, hasEnded } from '../../events.js';
import { post } from './post.js';

export const sendings = signal([]);
export const changes = signal(0);       // of the list of imports

const aborts = new Map();

let last = 0;


function update(id, values) {
  sendings.value = sendings.peek()
    .map((one) => (one.id === id ? { ...one, ...values } : one));
}


function find(id) {
  return sendings.peek().find((one) => one.id === id);
}


function warn(event) {
  event.preventDefault();
}


// Whoever closes the window would end what is being sent.
function guard() {
  const busy = sendings.peek()
    .some(({ state }) => state === 'waiting' || state === 'sending');

  removeEventListener('beforeunload', warn);
  if (busy) {
    addEventListener('beforeunload', warn);
  }
}


// { file, kind, encoding }
export function add(what) {
  last += 1;
  sendings.value = [...sendings.peek(), {
    ...what, id: last, name: what.file.name, state: 'waiting', sent: 0,
    size: what.file.size, key: crypto.randomUUID(),
  }];
  next();
}


function next() {
  const all = sendings.peek();
  const one = all.find(({ state }) => state === 'waiting');

  guard();
  if (one && !all.some(({ state }) => state === 'sending')) {
    send(one);
  }
}


async function send(one) {
  const request = post(one, (sent) => update(one.id, { sent }));

  aborts.set(one.id, request.abort);
  update(one.id, { state: 'sending', sent: 0, problem: null });
  try {
    const item = await request.done;

    aborts.delete(one.id);
    if (item) {
      changes.value += 1;
      follow(one.id, item);
    } else {
      update(one.id, { state: 'cancelled' });
    }
  } catch (problem) {
    aborts.delete(one.id);
    update(one.id, { state: 'refused', problem });
  }
  next();
}


function follow(id, item) {
  update(id, { state: 'following', item });
  aborts.set(id, () => api.post(`/v1/jobs/${item.job}/cancel`).catch(() => {}));
  followJob(item.job, async (job) => {
    update(id, { job });
    if (hasEnded(job)) {
      const ended = await api.get(`/v1/imports/${item.id}`).catch(() => item);

      update(id, { state: 'ended', item: ended });
      aborts.delete(id);
      changes.value += 1;
    }
  });
}


export function cancel(id) {
  if (find(id).state === 'waiting') {
    update(id, { state: 'cancelled' });
  } else {
    aborts.get(id)?.();
  }
}


// The same file under the same key, so that it is imported once at most; as
// another text (encoding) it is another upload.
export function again(id, values = {}) {
  update(id, { ...values, state: 'waiting', problem: null,
    key: values.encoding ? crypto.randomUUID() : find(id).key });
  next();
}


export function dismiss(id) {
  sendings.value = sendings.peek().filter((one) => one.id !== id);
}
