// What pages load: one thing, a list by pages, or what follows somebody who types.
// All are loaded anew when what they depend on changes, and when trouble with the
// server is over; what was loaded before stays in view until then.

import { useEffect, useRef, useState } from 'preact/hooks';
import { api, recoveries } from './api.js';


function useAgain() {
  const [again, setAgain] = useState(0);

  return [again + recoveries.value, () => setAgain((n) => n + 1)];
}


// What is in view stays there while the server is away: a line above the page
// says so, and it is loaded anew when that is over.
function isPassing(problem) {
  return [0, 502, 503, 504].includes(problem.status);
}


// useResource((options) => api.get('/v1/fields', {}, options), [])
// gives { data, problem, loading, reload, set }.  What takes several calls shows
// what it has by then: show(data).
export function useResource(load, dependencies) {
  const [state, setState] = useState({ loading: true });
  const [again, reload] = useAgain();
  const asked = JSON.stringify(dependencies);
  const current = useRef(null);

  // What answered another question is no answer to this one.
  function failed(old, problem) {
    const data = old.asked === asked ? old.data : undefined;

    return { data, asked, loading: false,
      problem: data && isPassing(problem) ? undefined : problem };
  }

  useEffect(() => {
    const abort = new AbortController();

    current.current = abort;
    setState((old) => ({ ...old, loading: true }));

    const show = (data) => abort.signal.aborted
      || setState({ data, asked, loading: true });

    load({ signal: abort.signal }, show)
      .then((data) => abort.signal.aborted
        || setState({ data, asked, loading: false }))
      .catch((problem) => abort.signal.aborted
        || setState((old) => failed(old, problem)));
    return () => abort.abort();
  }, [...dependencies, again]);

  // What is on its way is older.
  function set(data) {
    current.current.abort();
    setState({ data, asked, loading: false });
  }

  return { ...state, reload, set };
}


// useList('/v1/imports', { q: 'crm' }) gives { items, problem, loading, reload,
// more, set }: more is null at the end, else it loads the next page; set takes
// a function from items to items.  What answered other values is no answer to
// these.
export function useList(path, values, { limit = 50 } = {}) {
  const [state, setState] = useState({ items: null, loading: true });
  const [again, reload] = useAgain();
  const current = useRef(null);

  const asked = JSON.stringify([path, values, limit]);

  function failed(old, problem) {
    const { items = null, next } = old.asked === asked ? old : {};

    return { items, next, asked, loading: false,
      problem: items && isPassing(problem) ? undefined : problem };
  }

  function fetchPage(cursor, abort, before) {
    setState((old) => ({ ...old, loading: true }));
    api.get(path, { ...values, limit, cursor }, { signal: abort.signal })
      .then((page) => setState({ items: [...before, ...page.items], asked,
                                 next: page.next, loading: false }))
      .catch((problem) => abort.signal.aborted
        || setState((old) => failed(old, problem)));
  }

  useEffect(() => {
    const abort = new AbortController();

    current.current = abort;
    fetchPage(undefined, abort, []);
    return () => abort.abort();
  }, [asked, again]);

  return {
    ...state, reload,
    more: state.next && !state.loading
      ? () => fetchPage(state.next, current.current, state.items) : null,
    set: (change) => setState((old) => ({ ...old, items: change(old.items) })),
  };
}


// Loads when `key` has stood still for a while; what came before stays until
// then.  Answers that are not wanted any more are dropped.
export function useSettled(key, pause, load) {
  const [state, setState] = useState({ pending: true });
  const [again, setAgain] = useState(0);
  const first = useRef(true);

  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => load({ signal: abort.signal })
      .then((data) => abort.signal.aborted
        || setState({ data, pending: false }))
      .catch((problem) => abort.signal.aborted
        || setState((old) => ({ data: old.data, problem, pending: false }))),
    first.current ? 0 : pause);

    first.current = false;
    setState((old) => ({ ...old, pending: true }));
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key, again, recoveries.value]);

  return { ...state, retry: () => setAgain((n) => n + 1) };
}
