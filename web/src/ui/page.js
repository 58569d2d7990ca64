// The frame of a page: title of the document, heading, what stands beside it.

import { useEffect } from 'preact/hooks';
import { html } from '../html.js';
import { t } from '../language.js';
import { Icon } from './icon.js';


// lead: a sentence below the heading; actions: buttons beside it;
// back: { href, label } of the page that it is part of.
export function Page({ title, lead, actions, back, children }) {
  const whole = `${title} · ${t('common.brand')}`;

  useEffect(() => { document.title = whole; }, [whole]);

  return html`<div class="page">
    ${back && html`<a class="back" href=${back.href}>
      <${Icon} name="left" size="16" />${back.label}</a>`}
    <div class="page-head">
      <div><h1 tabindex="-1">${title}</h1>${lead && html`<p class="lead">${lead}</p>`}</div>
      ${actions && html`<div class="actions">${actions}</div>`}
    </div>
    ${children}
  </div>`;
}
