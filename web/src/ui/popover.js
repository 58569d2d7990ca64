// A button that opens a box below it.  Esc and what is done outside close it;
// the focus goes back to the button.
//
//   html`<${Popover} label=${…} button=${html`…`} class="secondary">
//     ${(close) => html`…`}<//>`
//
// close() gives the focus back, close(false) does not.  The first input inside
// has the focus when it opens.

import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { html } from '../html.js';


export function Popover({ label, button, class: name = 'secondary', wide,
  children, ...more }) {
  const [open, setOpen] = useState(false);
  const root = useRef(null);
  const id = useId();

  function close(refocus = true) {
    setOpen(false);
    if (refocus) {
      root.current?.querySelector('button').focus();
    }
  }

  // At once: a person may be typing already.
  useLayoutEffect(() => {
    if (!open) {
      return undefined;
    }
    const away = (event) => root.current?.contains(event.target) || close(false);

    root.current.querySelector('.popover input, .popover button')?.focus();
    root.current.querySelector('.popover').scrollIntoView({ block: 'nearest' });
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, [open]);

  return html`<div class="popover-root" ref=${root}
    onKeyDown=${(event) => open && event.key === 'Escape'
      && (event.stopPropagation(), close())}
    onFocusOut=${({ relatedTarget }) => open && relatedTarget
      && root.current?.contains(relatedTarget) === false && close(false)}>
    <button type="button" class=${name} aria-haspopup="dialog" aria-expanded=${open}
      aria-controls=${open ? id : undefined} ...${more}
      onClick=${() => setOpen(!open)}>${button}</button>
    ${open && html`<div class=${wide ? 'popover wide' : 'popover'} id=${id}
      role="dialog" aria-label=${label}>${children(close)}</div>`}
  </div>`;
}
