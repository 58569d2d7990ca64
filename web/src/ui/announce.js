// Tells readers of the screen what only the eye would notice.

import { signal } from '@preact/signals';
import { html } from '../html.js';

const said = signal({ text: '', times: 0 });


export function announce(text) {
  said.value = { text, times: said.peek().times + 1 };
}


// The same text twice is told twice: the element is another one then.
export function Announcer() {
  const { text, times } = said.value;

  return html`<div class="unseen" role="status" aria-live="polite">
    <span key=${times}>${text}</span>
  </div>`;
}
