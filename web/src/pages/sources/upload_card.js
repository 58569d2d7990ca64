// The place to upload: rules in view, a file by drag and drop or by choice, and
// how far it is.

import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { bytes, t } from '../../language.js';
import { followJob } from '../../events.js';
import { api } from '../../api.js';
import { Icon, Note, ProblemNote, Progress } from '../../ui/index.js';
import { upload } from './upload.js';
import { nameOf } from './state.js';


function Drop({ onFile, busy }) {
  const [over, setOver] = useState(false);

  function dropped(event) {
    event.preventDefault();
    setOver(false);
    if (!busy && event.dataTransfer.files[0]) {
      onFile(event.dataTransfer.files[0]);
    }
  }

  function chosen(event) {
    const [file] = event.target.files;

    event.target.value = '';
    if (file) {
      onFile(file);
    }
  }

  return html`<label class=${over ? 'drop over' : 'drop'}
    onDragOver=${(event) => { event.preventDefault(); setOver(true); }}
    onDragLeave=${() => setOver(false)} onDrop=${dropped}>
    <${Icon} name="upload" size="32" />
    <strong>${t('sources.drop')}</strong>
    <span class="quiet">${t('sources.drop_or')}</span>
    <input type="file" accept=".csv,text/csv" disabled=${busy}
      aria-describedby="rules" onChange=${chosen} />
  </label>`;
}


function Rules() {
  return html`<div id="rules" class="rules">
    <h3>${t('sources.rules')}</h3>
    <ul>
      ${['csv', 'phone', 'columns', 'size', 'opt_in'].map((rule) => html`
        <li key=${rule}>${t(`sources.rule_${rule}`)}</li>`)}
    </ul>
    <p><a href="/v1/imports/template.csv" download>
      ${t('sources.template')}</a></p>
  </div>`;
}


function Outcome({ item }) {
  const kind = item.state === 'failed' ? 'bad'
    : item.rows.rejected ? 'warn' : 'good';

  return html`<${Note} kind=${kind} role="status">
    <p><strong>${t(`sources.ended_${item.state}`, { name: nameOf(item) })}</strong></p>
    <p>${item.error ?? t('sources.counts', { imported: item.rows.imported,
      refused: item.rows.refused_opt_in, rejected: item.rows.rejected })}
      ${' '}<a href=${`/sources/${item.id}`}>${t('sources.see')}</a></p>
  <//>`;
}


function Running({ state }) {
  return state.sending
    ? html`<${Progress} label=${t('sources.sending', { name: state.name })}
        value=${state.sent / state.size} note=${t('sources.bytes_of',
          { sent: bytes(state.sent), size: bytes(state.size) })} />`
    : html`<${Progress} label=${t(`sources.job_${state.job?.state ?? 'ready'}`,
        { name: state.name })} value=${state.job?.progress} />`;
}


export function Upload({ onChange }) {
  const [state, setState] = useState({});
  const busy = !!(state.sending || state.following);

  async function follow(item) {
    setState({ name: item.filename, following: item.id });
    followJob(item.job, async (job) => {
      setState({ name: item.filename, following: item.id, job });
      if (['done', 'dead', 'cancelled'].includes(job.state)) {
        setState({ ended: await api.get(`/v1/imports/${item.id}`) });
        onChange();
      }
    });
  }

  async function send(file) {
    const sending = upload(file, (sent, size) =>
      setState({ name: file.name, sending, sent, size }));

    setState({ name: file.name, sending, sent: 0, size: file.size });
    try {
      const item = await sending.done;

      if (item) {
        onChange();
        await follow(item);
      } else {
        setState({});
      }
    } catch (problem) {
      setState({ problem });
    }
  }

  async function cancel() {
    if (state.sending) {
      state.sending.abort();
    } else if (state.job) {
      await api.post(`/v1/jobs/${state.job.id}/cancel`).catch(() => {});
    }
  }

  return html`<section class="card upload" aria-labelledby="upload-title">
    <h2 id="upload-title">${t('sources.new')}</h2>
    <div class="columns">
      <div>
        <${Drop} onFile=${send} busy=${busy} />
        ${busy && html`<${Running} state=${state} />
          <button type="button" class="secondary" onClick=${cancel}>
            ${t('common.cancel')}</button>`}
        ${state.problem && html`<${ProblemNote} problem=${state.problem} />`}
        ${state.ended && html`<${Outcome} item=${state.ended} />`}
      </div>
      <${Rules} />
    </div>
  </section>`;
}
