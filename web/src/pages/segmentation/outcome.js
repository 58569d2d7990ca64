// What became of a run, as a tag.

import { html } from '../../html.js';
import { t } from '../../language.js';
import { Tag } from '../../ui/index.js';

const kinds = { ready: 'plain', scheduled: 'warn', running: 'info', dead: 'bad',
  cancelled: 'plain', groups: 'good', no_groups: 'warn', no_fields: 'warn',
  too_few_people: 'warn' };


export function Outcome({ run }) {
  const state = run.state === 'done' ? run.outcome : run.state;

  return html`<${Tag} kind=${kinds[state]}>${t(`segmentation.is_${state}`)}<//>`;
}
