// Markup in template strings, without a compiler: html`<p>${text}</p>`.

import { h } from 'preact';
import htm from 'htm';

export const html = htm.bind(h);
