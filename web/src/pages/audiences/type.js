// The type of an audience as a tag.

import { html } from '../../html.js';
import { t } from '../../language.js';
import { Tag } from '../../ui/index.js';


export function Type({ item }) {
  return html`<${Tag} kind=${item.type === 'automatic' ? 'info' : 'plain'}>
    ${t(`audiences.type_${item.type}`)}<//>`;
}
