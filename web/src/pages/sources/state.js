// The state of an import as a tag.

import { html } from '../../html.js';
import { t } from '../../language.js';
import { Tag } from '../../ui/index.js';

const kinds = { queued: 'plain', running: 'info', succeeded: 'good',
  failed: 'bad', undoing: 'info', undone: 'plain' };


export function State({ item }) {
  const partly = item.state === 'succeeded' && item.rows.rejected > 0;

  return html`<${Tag} kind=${partly ? 'warn' : kinds[item.state]}>
    ${partly ? t('sources.state_partly') : t(`sources.state_${item.state}`)}<//>`;
}


export function nameOf(item) {
  return item.filename ?? t(`sources.kind_${item.kind ?? 'contacts'}`);
}
