// The menu of saved audiences, to be in or not to be in.

import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { number, t } from '../../language.js';
import { Combobox, Popover, ProblemNote } from '../../ui/index.js';
import { useAudiences } from './data.js';


function List({ except, onPick, close }) {
  const [text, setText] = useState('');
  const { data, problem, pending, retry } = useAudiences(text, true);
  const items = (data?.items ?? []).filter(({ id }) => id !== except);

  return html`<${Combobox} always label=${t('build.search_audience')}
    placeholder=${t('build.search_audience')} text=${text} onText=${setText}
    options=${items.map((item) => ({ key: item.id, item, label: item.name,
      note: number(item.count) }))}
    message=${pending ? t('common.loading') : problem ? '' : t('build.no_audience')}
    onClose=${close} onPick=${({ item }) => { close(false); onPick(item); }}>
    ${problem && html`<${ProblemNote} problem=${problem} onRetry=${retry} />`}
  <//>`;
}


export function AudienceMenu({ except, onPick, button, ...more }) {
  return html`<${Popover} label=${t('build.audiences')} button=${button} ...${more}>
    ${(close) => html`<${List} except=${except} onPick=${onPick} close=${close} />`}
  <//>`;
}
