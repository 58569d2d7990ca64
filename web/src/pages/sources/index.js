// Data sources: files in, what became of each.

import { html } from '../../html.js';
import { Sources } from './list.js';
import { Source } from './detail.js';


export default function Page({ id }) {
  return id ? html`<${Source} id=${id} />` : html`<${Sources} />`;
}
