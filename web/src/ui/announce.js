// Tells readers of the screen what only the eye would notice.

import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { html } from '../html.js';

const said = signal({ text: '', times: 0 });


export function announce(text) {
  said.value = { text, times: said.peek().times + 1 };
}


// The same text twice is told twice: the element is another one then.  A dialog
// has one of its own, for nothing outside of it is read; what was said before it
// came is not said again.
export function Announcer() {
  const { text, times } = said.value;
  const [before] = useState(times);

  return html`<div class="unseen" role="status" aria-live="polite">
    <span key=${times}>${times > before ? text : ''}</span>
  </div>`;
}
