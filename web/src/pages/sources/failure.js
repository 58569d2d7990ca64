// Why an import failed, in the language of whoever reads it.

import { html } from '../../html.js';
import { useReasons } from '../../reasons.js';


export function Failure({ item }) {
  const reason = useReasons();

  return html`<span class="breaks">${reason(item.error)}</span>`;
}
