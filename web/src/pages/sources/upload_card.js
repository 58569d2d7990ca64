// The place to upload: rules in view, files by drag and drop or by choice, and
// how far each is.

import { useEffect, useState } from 'preact/hooks';
import { html } from '../../html.js';
import { address, api } from '../../api.js';
import { limitBytes, t } from '../../language.js';
import { useResource } from '../../resource.js';
import { Confirm, Icon } from '../../ui/index.js';
import { hasConsent, readHeader } from './header.js';
import { Sending } from './sending.js';
import { add, sendings } from './uploads.js';

const kinds = ['contacts', 'extras', 'campaigns', 'conversations'];
const rules = {
  contacts: ['csv', 'phone', 'columns', 'opt_in'],
  extras: ['csv', 'contact', 'extras'],
  campaigns: ['csv', 'contact', 'campaigns'],
  conversations: ['csv', 'contact', 'conversations'],
};


// A file that is dropped beside the place would be shown by the browser instead
// of the page.
function useNoFilesBeside() {
  useEffect(() => {
    const stay = (event) => event.preventDefault();

    document.addEventListener('dragover', stay);
    document.addEventListener('drop', stay);
    return () => {
      document.removeEventListener('dragover', stay);
      document.removeEventListener('drop', stay);
    };
  }, []);
}


function Drop({ onFiles }) {
  const [over, setOver] = useState(false);

  useNoFilesBeside();

  function dropped(event) {
    event.preventDefault();
    setOver(false);
    onFiles([...event.dataTransfer.files]);
  }

  function chosen(event) {
    const files = [...event.target.files];

    event.target.value = '';
    onFiles(files);
  }

  return html`<label class=${over ? 'drop over' : 'drop'}
    onDragOver=${(event) => { event.preventDefault(); setOver(true); }}
    onDragLeave=${() => setOver(false)} onDrop=${dropped}>
    <${Icon} name="upload" size="32" />
    <strong>${t('sources.drop')}</strong>
    <span class="quiet">${t('sources.drop_or')}</span>
    <input type="file" accept=".csv,text/csv" multiple
      aria-describedby="rules" onChange=${chosen} />
  </label>`;
}


// How much a file may have, as nginx is told here; nothing until it is known.
function Size() {
  const { data } = useResource((options) =>
    api.options('/v1/imports', options), []);

  return data && html`<li>${t('sources.rule_size',
    { size: limitBytes(data.max_bytes), count: data.max_rows })}</li>`;
}


function Rules({ kind }) {
  return html`<div id="rules" class="rules">
    <h3>${t('sources.rules')}</h3>
    <ul>
      ${rules[kind].map((rule) => html`
        <li key=${rule}>${t(`sources.rule_${rule}`)}</li>`)}
      <${Size} />
    </ul>
    <p><a href=${address('/v1/imports/template.csv',
      { kind: kind === 'contacts' ? '' : kind })} download>
      ${t('sources.template')}</a></p>
  </div>`;
}


function Kind({ kind, onChange }) {
  return html`<label class="kind">
    <span class="quiet">${t('sources.kind')}</span>
    <select name="kind" value=${kind}
      onChange=${(event) => onChange(event.target.value)}>
      ${kinds.map((name) => html`<option key=${name} value=${name}>
        ${t(`sources.kind_${name}`)}</option>`)}
    </select>
  </label>`;
}


// Whoever imports people without a word of theirs says that it is there.
function Consent({ files, onClose, onYes }) {
  return html`<${Confirm} title=${t('sources.consent_title')}
    onClose=${onClose} onYes=${onYes}>
    <p>${t('sources.consent_text', { count: files.length })}</p>
    <ul class="breaks">${files.map((file) => html`<li>${file.name}</li>`)}</ul>
    <p>${t('sources.consent_question')}</p>
  <//>`;
}


export function Upload() {
  const [kind, setKind] = useState('contacts');
  const [asking, setAsking] = useState([]);

  async function take(files) {
    const unsaid = [];

    for (const file of files) {
      const columns = await readHeader(file).catch(() => []);

      if (kind === 'contacts' && columns && !hasConsent(columns)) {
        unsaid.push(file);
      } else {
        add({ file, kind });
      }
    }
    setAsking(unsaid);
  }

  return html`<section class="card upload" aria-labelledby="upload-title">
    <h2 id="upload-title">${t('sources.new')}</h2>
    <div class="columns">
      <div>
        <${Kind} kind=${kind} onChange=${setKind} />
        <${Drop} onFiles=${take} />
      </div>
      <${Rules} kind=${kind} />
    </div>
    ${sendings.value.length > 0 && html`<ul class="sendings">
      ${sendings.value.map((one) => html`
        <li key=${one.id}><${Sending} one=${one} /></li>`)}
    </ul>`}
    ${asking.length > 0 && html`<${Consent} files=${asking}
      onClose=${() => setAsking([])}
      onYes=${async () => asking.forEach((file) => add({ file, kind }))} />`}
  </section>`;
}
