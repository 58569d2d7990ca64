// Short words about what was done, with a way back where there is one:
//
//   toast(t('audiences.deleted'), { action: t('common.undo'), onAction })
//
// They stay for eight seconds, longer while the pointer or the focus is there.

import { signal } from '@preact/signals';
import { html } from '../html.js';
import { t } from '../language.js';
import { Icon } from './icon.js';

const stay = 8000;
const toasts = signal([]);

let last = 0;


export function toast(text, { kind = 'good', action, onAction } = {}) {
  const one = { id: last += 1, text, kind, action, onAction };

  toasts.value = [...toasts.peek(), one];
  hold(one, false);
}


function drop(one) {
  clearTimeout(one.timer);
  toasts.value = toasts.peek().filter(({ id }) => id !== one.id);
}


function hold(one, on) {
  clearTimeout(one.timer);
  if (!on) {
    one.timer = setTimeout(() => drop(one), stay);
  }
}


function Toast({ one }) {
  return html`<div class="toast toast-${one.kind}"
    onMouseEnter=${() => hold(one, true)} onMouseLeave=${() => hold(one, false)}
    onFocusIn=${() => hold(one, true)} onFocusOut=${() => hold(one, false)}>
    <span>${one.text}</span>
    ${one.action && html`<button type="button" class="quiet-button"
      onClick=${() => { drop(one); one.onAction(); }}>${one.action}</button>`}
    <button type="button" class="icon-button" aria-label=${t('common.close')}
      onClick=${() => drop(one)}><${Icon} name="close" size="16" /></button>
  </div>`;
}


export function Toasts() {
  return html`<div class="toasts" role="status" aria-live="polite">
    ${toasts.value.map((one) => html`<${Toast} key=${one.id} one=${one} />`)}
  </div>`;
}
