// A modal dialog, by the browser's own <dialog>: Esc closes it, the focus stays
// inside and goes back to where it was.  Where another title says that the
// dialog is at another stage, and what had the focus went with the one before,
// the title has it.
//
//   open && html`<${Dialog} title=… onClose=${close} footer=${buttons}>…<//>`

import { useEffect, useId, useRef } from 'preact/hooks';
import { html } from '../html.js';
import { t } from '../language.js';
import { Announcer } from './announce.js';
import { Icon } from './icon.js';


export function Dialog({ title, onClose, footer, children, wide }) {
  const dialog = useRef(null);
  const id = useId();

  useEffect(() => {
    const before = document.activeElement;

    dialog.current.showModal();
    return () => before?.isConnected && before.focus();
  }, []);

  useEffect(() => {
    if (!dialog.current.contains(document.activeElement)) {
      dialog.current.querySelector('h2').focus();
    }
  }, [title]);

  return html`<dialog ref=${dialog} class=${wide ? 'wide' : ''}
    aria-labelledby=${id}
    onCancel=${(event) => { event.preventDefault(); onClose(); }}
    onMouseDown=${(event) => event.target === dialog.current && onClose()}>
    <div class="dialog-body">
      <header>
        <h2 id=${id} tabindex="-1">${title}</h2>
        <button type="button" class="icon-button" aria-label=${t('common.close')}
          onClick=${onClose}><${Icon} name="close" /></button>
      </header>
      ${children}
      ${footer && html`<footer>${footer}</footer>`}
    </div>
    <${Announcer} />
  </dialog>`;
}
