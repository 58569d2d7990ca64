// Asks before something is done: "Sim, …" does it, "Não" does not.
//
//   asking && html`<${Confirm} title=… yes=${t('…')} danger
//     onYes=${async () => …} onClose=${() => setAsking(false)}>…<//>`
//
// onYes may fail with a Problem, which is shown; the dialog closes otherwise.
// explain(problem) may give something better to show than the problem itself.

import { useState } from 'preact/hooks';
import { html } from '../html.js';
import { t } from '../language.js';
import { Dialog } from './dialog.js';
import { ProblemNote } from './problem_note.js';


export function Confirm({ title, yes, no, danger, onYes, onClose, explain,
  children }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);

  async function confirm() {
    setBusy(true);
    setProblem(null);
    try {
      await onYes();
      onClose();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  }

  const footer = html`
    <button type="button" class="secondary" onClick=${onClose}>
      ${no ?? t('common.no')}</button>
    <button type="button" class=${danger ? 'danger' : ''} aria-busy=${busy}
      disabled=${busy} onClick=${confirm}>${yes ?? t('common.yes_continue')}</button>`;

  return html`<${Dialog} title=${title} onClose=${onClose} footer=${footer}>
    ${children}
    ${problem && (explain?.(problem)
      || html`<${ProblemNote} problem=${problem} />`)}
  <//>`;
}
