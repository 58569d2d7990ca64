// A modal dialog, by the browser's own <dialog>: Esc closes it, the focus stays
// inside and goes back to where it was.
//
//   open && html`<${Dialog} title=… onClose=${close} footer=${buttons}>…<//>`

import { useEffect, useId, useRef } from 'preact/hooks';
import { html } from '../html.js';
import { t } from '../language.js';
import { Icon } from './icon.js';


export function Dialog({ title, onClose, footer, children, wide }) {
  const dialog = useRef(null);
  const id = useId();

  useEffect(() => {
    const before = document.activeElement;

    dialog.current.showModal();
    return () => before?.isConnected && before.focus();
  }, []);

  return html`<dialog ref=${dialog} class=${wide ? 'wide' : ''}
    aria-labelledby=${id}
    onCancel=${(event) => { event.preventDefault(); onClose(); }}
    onMouseDown=${(event) => event.target === dialog.current && onClose()}>
    <div class="dialog-body">
      <header>
        <h2 id=${id}>${title}</h2>
        <button type="button" class="icon-button" aria-label=${t('common.close')}
          onClick=${onClose}><${Icon} name="close" /></button>
      </header>
      ${children}
      ${footer && html`<footer>${footer}</footer>`}
    </div>
  </dialog>`;
}
