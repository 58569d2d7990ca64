// Addresses of pages: `place` is where we are, links to pages (<a href="/…">)
// are followed without loading the document anew.

import { signal } from '@preact/signals';

export const place = signal(read());

let guard = null;


function read() {
  return { path: location.pathname, query: new URLSearchParams(location.search),
           moves: 0 };
}


function move(moves) {
  place.value = { ...read(), moves };
}


// Asked before another page is shown: a function that gives false, or a promise
// of it, keeps this one.  The function that it gives takes the guard away.
export function guardLeaving(ask) {
  guard = ask;
  return () => {
    if (guard === ask) {
      guard = null;
    }
  };
}


// How many pages of ours lie behind this one in the window's history, which
// outlives the document.
function depth() {
  return history.state?.depth ?? 0;
}


export async function go(path, { replace = false } = {}) {
  if (guard && !(await guard(path))) {
    return;
  }
  guard = null;
  history[replace ? 'replaceState' : 'pushState'](
    { depth: depth() + (replace ? 0 : 1) }, '', path);
  move(place.peek().moves + 1);
  if (!replace) {
    scrollTo(0, 0);
  }
}


// Back to the page of ours before this one; where another site's would be,
// `otherwise` is shown.
export function goBack(otherwise) {
  if (depth() > 0) {
    history.back();
  } else {
    go(otherwise);
  }
}


// Changes the query of the address and nothing else: what is empty goes.
export function setQuery(values) {
  const query = new URLSearchParams(location.search);

  for (const [key, value] of Object.entries(values)) {
    if (value === '' || value === null || value === undefined) {
      query.delete(key);
    } else {
      query.set(key, value);
    }
  }
  history.replaceState(history.state, '',
    location.pathname + (query.size ? `?${query}` : ''));
  place.value = { ...read(), moves: place.peek().moves };
}


function isOurs(link, event) {
  return link && link.origin === location.origin && !link.target
    && !link.hasAttribute('download') && !/^\/(v1|e)\//.test(link.pathname)
    && event.button === 0
    && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
}


document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href]');

  if (!event.defaultPrevented && isOurs(link, event)
      && link.getAttribute('href')[0] !== '#') {
    event.preventDefault();
    go(link.pathname + link.search);
  }
});

// Jumps inside a page are no moves.
addEventListener('popstate', () => {
  const { path, query } = place.peek();

  if (location.pathname !== path || location.search.slice(1) !== `${query}`) {
    guard = null;
    move(place.peek().moves + 1);
  }
});


// An id goes into the addresses of calls: nothing in it may lead elsewhere.
export function isId(text) {
  return /^\w+$/.test(text);
}


// '/sources/:id' and '/sources/imp_1' give { id: 'imp_1' }, else null.
export function match(pattern, path) {
  const names = pattern.split('/');
  const parts = path.replace(/\/$/, '').split('/');
  const found = {};

  if (names.length !== parts.length) {
    return null;
  }
  for (const [i, name] of names.entries()) {
    if (name[0] === ':' && isId(parts[i])) {
      found[name.slice(1)] = parts[i];
    } else if (name !== parts[i]) {
      return null;
    }
  }
  return found;
}
