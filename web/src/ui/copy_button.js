// Copies a text, and says that it has.

import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from '../html.js';
import { t } from '../language.js';
import { Icon } from './icon.js';
import { announce } from './announce.js';

const shownFor = 2500;


// Pages that come by plain HTTP have no clipboard of the newer kind.
async function copy(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }

  const area = document.createElement('textarea');
  const place = document.querySelector('dialog[open]') ?? document.body;

  area.value = text;
  area.className = 'unseen';
  place.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}


export function CopyButton({ text, label }) {
  const [copied, setCopied] = useState(false);
  const timer = useRef(0);

  useEffect(() => () => clearTimeout(timer.current), []);

  async function press() {
    await copy(text).catch(() => {});
    setCopied(true);
    announce(t('common.copied'));
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setCopied(false), shownFor);
  }

  return html`<button type="button" class="secondary" onClick=${press}>
    <${Icon} name=${copied ? 'check' : 'copy'} size="16" />
    ${copied ? t('common.copied') : label}</button>`;
}
