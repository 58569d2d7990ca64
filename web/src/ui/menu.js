// The three dots: a button that opens a list of actions.  Arrows move, Home and
// End jump, Esc closes and goes back to the button.  The list lies above the
// page (the Popover API), so that no table is laid out anew or cuts it.
//
//   html`<${Menu} label=${t('…', { name })} items=${[
//     { label: t('common.export'), icon: 'download', onSelect: () => … },
//     { label: t('common.delete'), icon: 'trash', danger: true, onSelect }]} />`

import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { html } from '../html.js';
import { Icon } from './icon.js';

const edge = 8;         // pixels to the window's edges


function step(key, at, count) {
  const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: count - 1 };

  return key in moves ? (moves[key] + count) % count : null;
}


// Below the button and flush with its right, or above where there is more room,
// and inside the window.
function place(list, button) {
  const { right, top, bottom } = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = list;
  const { clientWidth, clientHeight } = document.documentElement;
  const below = bottom + height + edge <= clientHeight || top < clientHeight - bottom;

  list.style.left = `${Math.max(edge,
    Math.min(right - width, clientWidth - width - edge))}px`;
  list.style.top = `${Math.max(edge, below ? bottom : top - height)}px`;
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

  useLayoutEffect(() => {
    if (!open) {
      return undefined;
    }
    const [button, list] = root.current.children;
    const away = (event) => root.current?.contains(event.target) || close(false);
    const follow = () => place(list, button);

    list.showPopover();
    follow();
    entries()[0]?.focus({ preventScroll: true });
    document.addEventListener('pointerdown', away);
    document.addEventListener('scroll', follow, { capture: true, passive: true });
    addEventListener('resize', follow);
    return () => {
      document.removeEventListener('pointerdown', away);
      document.removeEventListener('scroll', follow, { capture: true });
      removeEventListener('resize', follow);
    };
  }, [open]);

  return html`<div class="dots" ref=${root}>
    <button type="button" class="icon-button" aria-haspopup="menu"
      aria-expanded=${open} aria-controls=${open ? id : undefined} aria-label=${label}
      onClick=${() => setOpen(!open)}><${Icon} name=${icon} /></button>
    ${open && html`<div class="dots-list" popover="manual" role="menu" id=${id} aria-label=${label}
      onKeyDown=${onKey}>
      ${items.map((item) => html`<button key=${item.label} type="button"
        role="menuitem" tabindex="-1" class=${item.danger ? 'danger' : ''}
        onClick=${() => { close(true); item.onSelect(); }}>
        ${item.icon && html`<${Icon} name=${item.icon} size="18" />`}
        <span>${item.label}</span></button>`)}
    </div>`}
  </div>`;
}
