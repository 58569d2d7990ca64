// An input with a list of what can be chosen below it (ARIA's combobox): typing
// or a click opens the list, arrows open it and move through it, Alt and an arrow
// open and close it alone, Enter takes, Esc closes.  Focus by itself opens
// nothing: whoever tabs through a form is not to have a list over the next input,
// nor to hear it.
//
//   html`<${Combobox} label=… text=${text} onText=${setText}
//     options=${[{ key: 'city', label: 'city', note: '98 %', group: 'Cadastro' }]}
//     onPick=${(option) => …} message=${t('…')} />`
//
// The list follows `text` by whoever gives the options; `message` stands in its
// place where there are none.  `always`: the list is open as long as the input
// is there, for popovers; onClose is told of Esc then.  onEnter(text) is told of
// Enter where nothing of the list is meant.

import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { html } from '../html.js';


function Option({ option, id, active, onPick }) {
  return html`<li role="option" id=${id} aria-selected=${!!active}
    class=${option.picked ? 'picked' : ''}
    onMouseDown=${(event) => event.preventDefault()}
    onClick=${() => onPick(option)}>
    <span class="option-label">${option.label}</span>
    ${option.note !== undefined && html`<span class="option-note">${option.note}</span>`}
  </li>`;
}


// Options of one group stand together, below its name.
function grouped(options) {
  const groups = [];

  for (const [at, option] of options.entries()) {
    if (groups.length === 0 || groups.at(-1).name !== option.group) {
      groups.push({ name: option.group, options: [] });
    }
    groups.at(-1).options.push({ option, at });
  }
  return groups;
}


function List({ id, label, options, active, onPick }) {
  const item = ({ option, at }) => html`<${Option} key=${option.key}
    id=${`${id}-${at}`} option=${option} active=${at === active}
    onPick=${onPick} />`;

  return html`<ul class="options" role="listbox" id=${id} aria-label=${label}>
    ${grouped(options).map(({ name, options: inside }, i) => name === undefined
      ? inside.map(item)
      : html`<li role="presentation" key=${name} class="option-group">
          <span id=${`${id}-g${i}`}>${name}</span>
          <ul role="group" aria-labelledby=${`${id}-g${i}`}>${inside.map(item)}</ul>
        </li>`)}
  </ul>`;
}


export function Combobox({ label, text, onText, options, onPick, message, always,
  onClose, onEnter, children, ...input }) {
  const [opened, setOpened] = useState(false);
  const [active, setActive] = useState(-1);
  const root = useRef(null);
  const id = useId();
  const open = always || opened;
  const listed = open && options.length > 0;
  const keys = options.map(({ key }) => key).join('\n');

  useLayoutEffect(() => setActive(always && options.length ? 0 : -1), [keys, always]);
  useLayoutEffect(() => {
    root.current.querySelector('[aria-selected=true]')
      ?.scrollIntoView({ block: 'nearest' });
  }, [active]);

  function pick(option) {
    setOpened(false);
    onPick(option);
  }

  function move(by) {
    setOpened(true);
    if (options.length) {
      setActive((active + by + options.length + (active < 0 && by < 0 ? 1 : 0))
                % options.length);
    }
  }

  function onKeyDown(event) {
    if (event.isComposing) {
      return;
    }
    if (event.altKey && ['ArrowDown', 'ArrowUp'].includes(event.key)) {
      event.preventDefault();
      setOpened(event.key === 'ArrowDown');
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      move(event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (listed && active >= 0) {
        pick(options[active]);
      } else {
        setOpened(false);
        onEnter?.(text);
      }
    } else if (event.key === 'Escape' && open) {
      event.preventDefault();
      event.stopPropagation();
      setOpened(false);
      onClose?.();
    }
  }

  return html`<div class="combobox" ref=${root}
    onFocusOut=${(event) => root.current?.contains(event.relatedTarget) !== false
      || setOpened(false)}>
    <input type="text" role="combobox" autocomplete="off" spellcheck="false"
      aria-label=${label} aria-autocomplete="list" aria-expanded=${listed}
      aria-controls=${listed ? id : undefined}
      aria-activedescendant=${listed && active >= 0 ? `${id}-${active}` : undefined}
      value=${text} ...${input} onKeyDown=${onKeyDown}
      onClick=${() => setOpened(true)}
      onInput=${(event) => { setOpened(true); onText(event.target.value); }} />
    ${open && html`<div class=${always ? 'options-box always' : 'options-box'}>
      ${listed ? html`<${List} id=${id} label=${label} options=${options}
        active=${active} onPick=${pick} />`
        : message && html`<p class="option-message">${message}</p>`}
      ${children}
    </div>`}
  </div>`;
}
