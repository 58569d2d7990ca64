// A word with a colour: kind is plain, info, good, warn or bad.

import { html } from '../html.js';


export function Tag({ kind = 'plain', children }) {
  return html`<span class="tag tag-${kind}">${children}</span>`;
}
