import { render } from 'preact';
import { html } from './html.js';
import { loadTexts, start } from './language.js';
import { Shell } from './shell.js';
import { apply } from './theme.js';

apply();
await start();
render(html`<${Shell} />`, document.querySelector('#pages'));

// What may go wrong is told when nothing more can be loaded.
loadTexts('problems').catch(() => {});
