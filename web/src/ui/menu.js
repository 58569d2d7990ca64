// The three dots: a button that opens a list of actions.  Arrows move, Home and
// End jump, Esc closes and goes back to the button.
//
//   html`<${Menu} label=${t('…', { name })} items=${[
//     { label: t('common.export'), icon: 'download', onSelect: () => … },
//     { label: t('common.delete'), icon: 'trash', danger: true, onSelect }]} />`

import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { html } from '../html.js';
import { Icon } from './icon.js';


function step(key, at, count) {
  const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: count - 1 };

  return key in moves ? (moves[key] + count) % count : null;
}


export function Menu({ label, items, icon = 'more' }) {
  const [open, setOpen] = useState(false);
  const root = useRef(null);
  const id = useId();

  function entries() {
    return [...root.current.querySelectorAll('[role=menuitem]')];
  }

  function close(refocus) {
    setOpen(false);
    if (refocus) {
      root.current.querySelector('button').focus();
    }
  }

  function onKey(event) {
    const all = entries();
    const next = step(event.key, all.indexOf(document.activeElement), all.length);

    if (event.key === 'Escape' || event.key === 'Tab') {
      close(event.key === 'Escape');
    } else if (next !== null) {
      event.preventDefault();
      all[next].focus();
    }
  }

  useEffect(() => {
    if (!open) {
      return undefined;
    }
    const away = (event) => root.current?.contains(event.target) || close(false);

    entries()[0]?.focus();
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, [open]);

  return html`<div class="dots" ref=${root}>
    <button type="button" class="icon-button" aria-haspopup="menu"
      aria-expanded=${open} aria-controls=${id} aria-label=${label}
      onClick=${() => setOpen(!open)}><${Icon} name=${icon} /></button>
    ${open && html`<div class="dots-list" role="menu" id=${id} aria-label=${label}
      onKeyDown=${onKey}>
      ${items.map((item) => html`<button key=${item.label} type="button"
        role="menuitem" tabindex="-1" class=${item.danger ? 'danger' : ''}
        onClick=${() => { close(true); item.onSelect(); }}>
        ${item.icon && html`<${Icon} name=${item.icon} size="18" />`}
        <span>${item.label}</span></button>`)}
    </div>`}
  </div>`;
}
