// One file on its way, and what became of it.

import { useEffect } from 'preact/hooks';
import { html } from '../../html.js';
import { bytes, t } from '../../language.js';
import { Icon, Note, ProblemNote, Progress, announce } from '../../ui/index.js';
import { Failure } from './failure.js';
import { outcomeOf } from './state.js';
import { again, cancel, dismiss } from './uploads.js';


function Row({ one, children }) {
  const over = ['ended', 'refused', 'cancelled'].includes(one.state);
  const label = t(over ? 'sources.dismiss' : 'sources.cancel',
    { name: one.name });

  return html`<div class="sending">
    <div class="sending-body">${children}</div>
    <button type="button" class="icon-button" aria-label=${label} title=${label}
      onClick=${() => (over ? dismiss : cancel)(one.id)}>
      <${Icon} name="close" size="18" /></button>
  </div>`;
}


function Moving({ one }) {
  if (one.state === 'following') {
    return html`<${Progress} value=${one.job?.progress}
      label=${t(`sources.job_${one.job?.state ?? 'ready'}`, { name: one.name })} />`;
  }
  return html`<${Progress} value=${one.size ? one.sent / one.size : 0}
    label=${t(`sources.${one.state}`, { name: one.name })}
    note=${t('sources.bytes_of',
      { sent: bytes(one.sent), size: bytes(one.size) })} />`;
}


function Refused({ one }) {
  const { problem } = one;
  const encoding = problem.slug === 'wrong-encoding' && problem.body.encoding;

  return html`<p class="breaks"><strong>
      ${t('sources.refused', { name: one.name })}</strong></p>
    <${ProblemNote} problem=${problem}
      onRetry=${problem.status === 0 || problem.status >= 500
        ? () => again(one.id) : undefined} />
    ${encoding && html`<button type="button" class="secondary"
      onClick=${() => again(one.id, { encoding })}>
      ${t('sources.convert', { encoding })}</button>`}`;
}


// What an import has come to, in a sentence and figures.
function Ended({ one }) {
  const { item } = one;
  const outcome = outcomeOf(item);
  const kinds = { complete: 'good', partly: 'warn', failed: 'bad' };
  const sentence = t(`sources.ended_${outcome}`, { name: one.name });

  useEffect(() => announce(sentence), []);

  return html`<${Note} kind=${kinds[outcome] ?? 'info'}>
    <p class="breaks"><strong>${sentence}</strong></p>
    ${item.state === 'failed' ? html`<p><${Failure} item=${item} /></p>`
      : html`<p>${t('sources.counts', { imported: item.rows.imported,
        refused: item.rows.refused_opt_in, rejected: item.rows.rejected })}</p>`}
    <p><a href=${`/sources/${item.id}`}>${t('sources.see')}</a></p>
  <//>`;
}


export function Sending({ one }) {
  const view = { ended: Ended, refused: Refused }[one.state];

  return html`<${Row} one=${one}>
    ${view ? html`<${view} one=${one} />`
      : one.state === 'cancelled'
        ? html`<p>${t('sources.cancelled', { name: one.name })}</p>`
        : html`<${Moving} one=${one} />`}
  <//>`;
}
