// People: found by what identifies them; one person with all that is known.

import { html } from '../../html.js';
import { People } from './list.js';
import { Person } from './person.js';


export default function Page({ id }) {
  return id ? html`<${Person} key=${id} id=${id} />` : html`<${People} />`;
}
