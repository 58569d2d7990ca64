// My audiences: the list, and one of them.

import { html } from '../../html.js';
import { Audiences } from './list.js';
import { Audience } from './detail.js';


export default function Page({ id }) {
  return id ? html`<${Audience} key=${id} id=${id} />` : html`<${Audiences} />`;
}
