import { render } from 'preact';
import { html } from './html.js';
import { start } from './language.js';
import { Shell } from './shell.js';
import { apply } from './theme.js';

apply();
await start();
render(html`<${Shell} />`, document.querySelector('#pages'));
