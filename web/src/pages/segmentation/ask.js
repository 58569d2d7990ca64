// "Sim, continuar" or "Não", and whether messages are to be suggested.

import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { t } from '../../language.js';
import { Confirm, Note } from '../../ui/index.js';


// What is missing, and where it comes from.
function TooLittle({ problem }) {
  const { limit, count = 0 } = problem.body;

  return html`<${Note} kind="warn" role="alert">
    <p><strong>${t('segmentation.too_little')}</strong></p>
    <p>${t('segmentation.too_little_text', { limit })}${' '}
      ${t('segmentation.too_little_now', { count })}</p>
    <p><a href="/sources">${t('segmentation.too_little_do')}</a></p>
  <//>`;
}


export function Ask({ onStart, onClose }) {
  const [copies, setCopies] = useState(false);

  return html`<${Confirm} title=${t('segmentation.ask')}
    onYes=${() => onStart(copies)} onClose=${onClose}
    explain=${(problem) => problem.slug === 'too-little-fresh-data'
      && html`<${TooLittle} problem=${problem} />`}>
    <p>${t('segmentation.ask_text')}</p>
    <p class="quiet">${t('segmentation.ask_stays')}</p>
    <label class="check">
      <input type="checkbox" name="copies" checked=${copies}
        onChange=${(event) => setCopies(event.target.checked)} />
      ${t('segmentation.ask_copies')}</label>
    <p class="quiet small">${t('segmentation.ask_copies_text')}</p>
  <//>`;
}
