// What the server says of rows and jobs, in the language of whoever reads it.
//
// Those sentences are stored as they were written, in English; the English
// reasons.json has each as a pattern, so that its key is found by it.  One that
// is not among them is shown as it is.

import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { loadTexts, t } from './language.js';

const patterns = signal(null);       // null until they are known

let loading = null;


// "The row has {cells} cells." gives [key, /^The row has (.+) cells\.$/, ['cells']]
function patternOf([key, text]) {
  const names = [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const escaped = text.replace(/[.*+?^$()|[\]\\]/g, '\\$&')
    .replace(/\{\w+\}/g, '(.+)');

  return [key, new RegExp(`^${escaped}$`), names];
}


async function load() {
  const { default: english } = await import('../locale/en/reasons.json');

  await loadTexts('reasons');
  patterns.value = Object.entries(english).map(patternOf);
}


function translate(sentence) {
  // Nothing, rather than English for a moment.
  if (!patterns.value) {
    return '';
  }
  for (const [key, pattern, names] of patterns.value) {
    const found = pattern.exec(sentence ?? '');

    if (found) {
      return t(`reasons.${key}`, Object.fromEntries(names.map((name, i) =>
        [name, /^\d+$/.test(found[i + 1]) ? Number(found[i + 1]) : found[i + 1]])));
    }
  }
  return sentence ?? '';
}


// Gives a function from a sentence to the same in the reader's language.
export function useReasons() {
  useEffect(() => {
    loading ??= load().catch(() => {
      loading = null;
      patterns.value ??= [];
    });
  }, []);
  return translate;
}
