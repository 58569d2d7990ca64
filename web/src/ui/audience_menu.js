// A button with the menu of saved audiences, searched on the server while a
// person types: there may be 100,000.
//
//   html`<${AudienceMenu} button=${name} first=${{ id: '', name: t('…') }}
//     except=${id} onPick=${({ id, name }) => …} />`
//
// first stands above all while nothing is searched for; except is not offered.

import { useState } from 'preact/hooks';
import { html } from '../html.js';
import { api } from '../api.js';
import { number, t } from '../language.js';
import { useSettled } from '../resource.js';
import { Combobox } from './combobox.js';
import { Popover } from './popover.js';
import { ProblemNote } from './problem_note.js';

const listed = 50;
const typingPause = 150;


function useAudiences(text) {
  return useSettled(text, typingPause, (options) =>
    api.get('/v1/audiences', { q: text, limit: listed }, options));
}


function List({ first, except, onPick, close }) {
  const [text, setText] = useState('');
  const { data, problem, pending, retry } = useAudiences(text);
  const items = [...(first && !text ? [first] : []),
    ...(data?.items ?? []).filter(({ id }) => id !== except)];

  return html`<${Combobox} always label=${t('common.search_audience')}
    placeholder=${t('common.search_audience')} text=${text} onText=${setText}
    options=${items.map((item) => ({ key: item.id, item, label: item.name,
      note: typeof item.count === 'number' ? number(item.count) : undefined }))}
    message=${pending ? t('common.loading') : problem ? '' : t('common.no_audience')}
    onClose=${close} onPick=${({ item }) => { close(); onPick(item); }}>
    ${problem && html`<${ProblemNote} problem=${problem} onRetry=${retry} />`}
  <//>`;
}


export function AudienceMenu({ first, except, onPick, button, ...more }) {
  return html`<${Popover} label=${t('common.audiences')} button=${button} ...${more}>
    ${(close) => html`<${List} first=${first} except=${except} onPick=${onPick}
      close=${close} />`}
  <//>`;
}
