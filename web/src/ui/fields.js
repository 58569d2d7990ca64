// Inputs that lists are narrowed by.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { html } from '../html.js';
import { t } from '../language.js';
import { Icon } from './icon.js';

const quietFor = 150;


// Tells onInput what was typed once the person pauses, or at Enter.
export function SearchField({ label, value = '', onInput, wait = quietFor,
  ...more }) {
  const [text, setText] = useState(value);
  const timer = useRef(0);

  // Before the next key, which it would take back.
  useLayoutEffect(() => setText(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);

  function typed(event) {
    const { value: now } = event.target;

    setText(now);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onInput(now), wait);
  }

  function entered(event) {
    if (event.key === 'Enter') {
      event.preventDefault();
      clearTimeout(timer.current);
      onInput(text);
    }
  }

  return html`<label class="search-field">
    <span class="unseen">${label}</span>
    <${Icon} name="search" size="18" />
    <input type="search" value=${text} placeholder=${label} autocomplete="off"
      onInput=${typed} onKeyDown=${entered} ...${more} />
  </label>`;
}


// The first moment of a local day, or of the day behind it, as lists take it.
export function dayBound(day, after = 0) {
  const [year, month, date] = day.split('-').map(Number);
  const bound = new Date(year, month - 1, date + after);

  // The address may have anything in it.
  return Number.isNaN(bound.getTime()) ? '' : bound.toISOString();
}


// Days as inputs have them, "2026-11-01"; onChange({ from, to }).
export function DateRange({ from = '', to = '', onChange }) {
  return html`<fieldset class="date-range">
    <legend class="unseen">${t('common.dates')}</legend>
    <label><span>${t('common.from')}</span>
      <input type="date" value=${from} max=${to || undefined}
        onChange=${(event) => onChange({ from: event.target.value, to })} /></label>
    <label><span>${t('common.to')}</span>
      <input type="date" value=${to} min=${from || undefined}
        onChange=${(event) => onChange({ from, to: event.target.value })} /></label>
  </fieldset>`;
}
