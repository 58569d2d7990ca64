// Message templates of an automatic audience, each with a button that copies it.

import { html } from '../../html.js';
import { t } from '../../language.js';
import { CopyButton } from '../../ui/index.js';


function Copy({ copy }) {
  return html`<li class="copy">
    <blockquote class="breaks lines">${copy.text}</blockquote>
    <div class="copy-foot">
      <span class="quiet small">${t('audiences.copy_because',
        { characteristic: copy.characteristic })}</span>
      <${CopyButton} text=${copy.text} label=${t('audiences.copy')} />
    </div>
  </li>`;
}


export function Copies({ item }) {
  const by = item.copies_written_by ?? item.written_by;

  return html`<section class="card" aria-labelledby="copies-title">
    <h2 id="copies-title">${t('audiences.copies')}</h2>
    ${item.copies.length === 0
      ? html`<p class="quiet">${t('audiences.copies_none')}</p>`
      : html`<p class="quiet small">${t('audiences.copies_text')}${' '}
          ${by === 'built-in' ? t('audiences.written_built_in')
            : t('audiences.written_model', { model: by })}</p>
        <ul class="copies">${item.copies.map((copy) => html`
          <${Copy} key=${copy.text} copy=${copy} />`)}</ul>`}
  </section>`;
}
