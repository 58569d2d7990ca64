// Where a list has nothing: what it would hold, and what to do.

import { html } from '../html.js';
import { Icon } from './icon.js';


export function EmptyState({ icon = 'search', title, children }) {
  return html`<div class="empty">
    <${Icon} name=${icon} size="36" />
    <p><strong>${title}</strong></p>
    ${children && html`<div class="quiet">${children}</div>`}
  </div>`;
}
