// Automatic segmentation: the button, the run, what it found; earlier runs.

import { html } from '../../html.js';
import { Runs } from './runs.js';
import { Run } from './run.js';


export default function Page({ id }) {
  return id ? html`<${Run} key=${id} id=${id} />` : html`<${Runs} />`;
}
