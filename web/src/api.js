// Calls to /v1, which answer JSON.
//
// What goes wrong is a Problem (RFC 9457).  A call whose connection was lost is
// tried again where that is safe: reads, and what carries an Idempotency-Key,
// as every POST and DELETE does.
//
// Two signals say how things stand: `session` is false once the server has
// answered 401; `trouble` is null, 'offline' (no answer) or 'worker' (nginx
// answers and what stands behind it does not).  Trouble is looked after until it
// is over; `recoveries` counts how often it has been, so that what could not be
// loaded is loaded then.  Until then what was read before is read again: the last
// answers of this window are kept, in memory alone, until something is changed.

import { signal } from '@preact/signals';

export const session = signal(true);
export const trouble = signal(null);
export const recoveries = signal(0);

const tries = 3;
const probeEvery = 2000;
const mostKept = 100;

const kept = new Map();       // what a path answered, the newest last

let probing = false;


// slug: the last part of the type, 'offline' where there was no answer; reading:
// nothing was to be changed.
export class Problem extends Error {
  constructor(status, body = {}) {
    super(body.detail ?? body.title ?? `HTTP ${status}`);
    this.name = 'Problem';
    this.status = status;
    this.slug = (body.type ?? '').split('/').pop()
      || (status ? `http-${status}` : 'offline');
    this.title = body.title;
    this.detail = body.detail;
    this.errors = body.errors ?? [];
    this.body = body;
  }
}


function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}


// Asks a thing of the worker now and then, until it answers.
async function probe() {
  if (probing) {
    return;
  }
  probing = true;
  while (trouble.peek()) {
    await pause(probeEvery);

    const answer = await fetch('/v1/jobs?limit=1').catch(() => null);

    if (answer && !isAbsent(answer.status, 'worker-absent')) {
      noteAnswer(answer.status);
      recoveries.value += 1;
    }
  }
  probing = false;
}


// A 503 may also say that one thing cannot be had at the moment.
export function isAbsent(status, slug) {
  return status === 502 || status === 504
    || (status === 503 && ['worker-absent', 'stopping', 'http-503'].includes(slug));
}


// What an answer says about the whole: its status (0: none came), and the slug
// where it is a problem.
export function noteAnswer(status, slug) {
  if (status === 0 || isAbsent(status, slug)) {
    trouble.value = status === 0 ? 'offline' : 'worker';
    probe();
    return;
  }
  trouble.value = null;
  if (status === 401) {
    session.value = false;
    kept.clear();
  }
}


// Only the worker's calls say that it is there: nginx answers others itself.
function isWorkers(method, path) {
  return method !== 'OPTIONS' && !/^\/v1\/(query|distribution|fields)\b/.test(path);
}


// The Problem of an answer that is none that was hoped for; noted, too.
export async function problemOf(answer) {
  const body = await answer.json().catch(() => ({}));
  const problem = new Problem(answer.status, body);

  noteAnswer(problem.status, problem.slug);
  return problem;
}


export async function fetchAgain(path, options, safe) {
  for (let i = 1; ; i += 1) {
    try {
      return await fetch(path, options);
    } catch (error) {
      if (error.name === 'AbortError') {
        throw error;
      }
      if (!safe || i === tries) {
        noteAnswer(0);
        throw new Problem(0);
      }
      await pause(150 * 2 ** i);
    }
  }
}


// What was read before something was changed may not be so any more.
export function noteChange() {
  kept.clear();
}


function keep(method, path, answer) {
  if (method !== 'GET') {
    noteChange();
    return;
  }
  kept.delete(path);
  kept.set(path, answer);
  if (kept.size > mostKept) {
    kept.delete(kept.keys().next().value);
  }
}


async function ask(method, path, body, { signal: abort, headers } = {}) {
  const options = { method, signal: abort,
    headers: { Accept: 'application/json', ...headers } };

  if (body !== undefined) {
    options.headers['Content-Type'] = 'application/json';
    options.body = JSON.stringify(body);
  }
  if (method === 'POST' || method === 'DELETE') {
    options.headers['Idempotency-Key'] ??= crypto.randomUUID();
  }

  const answer = await fetchAgain(path, options, true);

  if (!answer.ok) {
    if ([403, 404, 410].includes(answer.status)) {
      kept.delete(path);
    }
    throw Object.assign(await problemOf(answer), { reading: method === 'GET' });
  }

  const content = answer.status === 204 ? null : await answer.json();

  if (isWorkers(method, path)) {
    noteAnswer(answer.status);
    keep(method, path, content);
  }
  return content;
}


async function call(method, path, body, options) {
  try {
    return await ask(method, path, body, options);
  } catch (problem) {
    if (method === 'GET' && kept.has(path)
        && (problem.status === 0 || isAbsent(problem.status, problem.slug))) {
      return kept.get(path);
    }
    throw problem;
  }
}


// '/v1/imports' with { q: 'crm', from: '' } is '/v1/imports?q=crm'.
export function address(path, values = {}) {
  const query = new URLSearchParams(Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== null && value !== ''));

  return query.size ? `${path}?${query}` : path;
}


// Each takes { signal, headers } last; a key of one's own goes into headers.
export const api = {
  get: (path, values, options) =>
    call('GET', address(path, values), undefined, options),
  options: (path, options) => call('OPTIONS', path, undefined, options),
  post: (path, body, options) => call('POST', path, body, options),
  put: (path, body, options) => call('PUT', path, body, options),
  patch: (path, body, options) => call('PATCH', path, body, options),
  delete: (path, options) => call('DELETE', path, undefined, options),
};
