// What is being built outlives the page: it is kept for the tab, one draft for a
// new audience and one for each that is changed.

function key(audience) {
  return `build.draft.${audience ?? 'new'}`;
}


export function readDraft(audience) {
  try {
    return JSON.parse(sessionStorage.getItem(key(audience)));
  } catch {
    return null;
  }
}


// { filter tree, words }
export function keepDraft(audience, draft) {
  try {
    sessionStorage.setItem(key(audience), JSON.stringify(draft));
  } catch {
    // No room: the page goes on without.
  }
}


export function dropDraft(audience) {
  sessionStorage.removeItem(key(audience));
}
