// A sentence that stands out: kind is info, good, warn or bad.

import { html } from '../html.js';
import { Icon } from './icon.js';

const icons = { info: 'info', good: 'check', warn: 'warning', bad: 'warning' };


export function Note({ kind = 'info', role, action, onAction, children }) {
  return html`<div class="note note-${kind}" role=${role}>
    <${Icon} name=${icons[kind]} />
    <div class="note-body">${children}</div>
    ${action && html`<button type="button" class="quiet-button"
      onClick=${onAction}>${action}</button>`}
  </div>`;
}
