// Erasing a person, who confirms it by a word that has to be typed.

import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { api } from '../../api.js';
import { followJob, hasEnded } from '../../events.js';
import { t } from '../../language.js';
import { go } from '../../router.js';
import { Dialog, Icon, Note, ProblemNote, Progress } from '../../ui/index.js';
import { personName } from './values.js';


function Asking({ profile, onClose, onBegun }) {
  const [typed, setTyped] = useState('');
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const word = t('people.erase_word');
  const sure = typed.trim().toLowerCase() === word.toLowerCase();

  async function erase(event) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      onBegun(await api.delete(`/v1/profiles/${profile.id}`));
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  }

  return html`<${Dialog} title=${t('people.erase_title', {
      name: personName(profile.fields) })} onClose=${onClose}>
    <form onSubmit=${erase}>
      <p>${t('people.erase_goes')}</p>
      <p>${t('people.erase_stays')}</p>
      <p><strong>${t('people.erase_final')}</strong></p>
      <label class="stacked"><span>${t('people.erase_type', { word })}</span>
        <input type="text" value=${typed} autocomplete="off"
          onInput=${(event) => setTyped(event.target.value)} /></label>
      ${problem && html`<${ProblemNote} problem=${problem} />`}
      <div class="dialog-buttons">
        <button type="button" class="secondary" onClick=${onClose}>
          ${t('common.no')}</button>
        <button type="submit" class="danger" aria-busy=${busy}
          disabled=${!sure || busy}>${t('people.erase_yes')}</button>
      </div>
    </form>
  <//>`;
}


// It cannot be stopped any more, only left alone.
function Erasing({ job }) {
  return html`<${Dialog} title=${t('people.erasing')} onClose=${() => go('/people')}>
    ${job && hasEnded(job)
      ? html`<${Note} kind=${job.state === 'done' ? 'good' : 'bad'} role="status">
          <p>${t(job.state === 'done' ? 'people.erased' : 'people.erase_failed')}</p><//>
        <div class="dialog-buttons"><a class="button" href="/people">
          ${t('people.back')}</a></div>`
      : html`<${Progress} value=${job?.progress} label=${t('people.erasing_text')} />`}
  <//>`;
}


export function Erase({ profile }) {
  const [state, setState] = useState(null);
  const [job, setJob] = useState(null);

  function begun(erasure) {
    setState('erasing');
    followJob(erasure.job, setJob);
  }

  return html`<button type="button" class="secondary"
      onClick=${() => setState('asking')}>
      <${Icon} name="trash" size="18" />${t('people.erase')}</button>
    ${state === 'asking' && html`<${Asking} profile=${profile} onBegun=${begun}
      onClose=${() => setState(null)} />`}
    ${state === 'erasing' && html`<${Erasing} job=${job} />`}`;
}
