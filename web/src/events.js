// A job as it goes on: by server-sent events, which browsers connect again by
// themselves; where they are refused, or too many are open, by asking.

import { api } from './api.js';

const streams = 3;            // an HTTP/1.1 server gets six connections in all
const askEvery = 1500;

let open = 0;


export function hasEnded(job) {
  return ['done', 'dead', 'cancelled'].includes(job.state);
}


// Calls onJob with the job at every change until it has ended; the function
// that it gives stops that.
export function followJob(id, onJob) {
  let source = null;
  let timer = null;
  let stopped = false;

  function stop() {
    stopped = true;
    clearTimeout(timer);
    closeSource();
  }

  function closeSource() {
    if (source) {
      source.close();
      source = null;
      open -= 1;
    }
  }

  function take(job) {
    if (!stopped) {
      onJob(job);
      if (hasEnded(job)) {
        stop();
      }
    }
  }

  async function ask() {
    const job = await api.get(`/v1/jobs/${id}`).catch(() => null);

    if (job) {
      take(job);
    }
    if (!stopped) {
      timer = setTimeout(ask, askEvery);
    }
  }

  function listen() {
    source = new EventSource(`/v1/jobs/${id}/events`);
    open += 1;
    for (const name of ['progress', 'end']) {
      source.addEventListener(name, (event) => take(JSON.parse(event.data)));
    }
    source.onerror = () => {
      if (source?.readyState === EventSource.CLOSED) {
        closeSource();
        ask();
      }
    };
  }

  if (open < streams) {
    listen();
  } else {
    ask();
  }
  return stop;
}
