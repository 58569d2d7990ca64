// The state of an import as a tag.

import { html } from '../../html.js';
import { t } from '../../language.js';
import { Tag } from '../../ui/index.js';

const kinds = { queued: 'plain', running: 'info', complete: 'good',
  partly: 'warn', failed: 'bad', undoing: 'info', undone: 'plain' };


// The state, where success is complete or partly.
export function outcomeOf(item) {
  if (item.state !== 'succeeded') {
    return item.state;
  }
  return item.rows.rejected > 0 ? 'partly' : 'complete';
}


export function State({ item }) {
  const outcome = outcomeOf(item);

  return html`<${Tag} kind=${kinds[outcome]}>${t(`sources.state_${outcome}`)}<//>`;
}


export function kindOf(item) {
  return t(`sources.kind_${item.kind ?? 'contacts'}`);
}


// What came as lines by API has no file name.
export function nameOf(item) {
  return item.filename ?? t('sources.by_api', { kind: kindOf(item) });
}


export function isMoving(item) {
  return ['queued', 'running', 'undoing'].includes(item.state);
}


export function isContacts(item) {
  return (item.kind ?? 'contacts') === 'contacts';
}
