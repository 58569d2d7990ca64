// Grey lines where text is being loaded.

import { html } from '../html.js';
import { t } from '../language.js';


export function Skeleton({ lines = 3 }) {
  return html`<div class="skeleton" role="status">
    <span class="unseen">${t('common.loading')}</span>
    ${Array.from({ length: Number(lines) }, (_, i) => html`<i key=${i}></i>`)}
  </div>`;
}
