// Another name, and another description.

import { useId, useState } from 'preact/hooks';
import { html } from '../../html.js';
import { api } from '../../api.js';
import { t } from '../../language.js';
import { Dialog, ProblemNote, toast } from '../../ui/index.js';


export function RenameDialog({ item, onClose, onDone }) {
  const [name, setName] = useState(item.name);
  const [description, setDescription] = useState(item.description ?? '');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const form = useId();
  const missing = useId();
  const empty = name.trim() === '';

  async function save(event) {
    event.preventDefault();
    if (empty || busy) {
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      onDone({ item: await api.patch(`/v1/audiences/${item.id}`,
        { name, description: description.trim() || null }) });
      toast(t('audiences.saved'));
      onClose();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  }

  const footer = html`
    <button type="button" class="secondary" onClick=${onClose}>
      ${t('common.cancel')}</button>
    <button type="submit" form=${form} aria-busy=${busy}
      disabled=${busy || empty}>${t('common.save')}</button>`;

  return html`<${Dialog} title=${t('audiences.rename_title')} onClose=${onClose}
    footer=${footer}>
    <form id=${form} class="stack" onSubmit=${save}>
      <label>${t('audiences.name')}
        <input name="name" value=${name} maxlength="200" required autofocus
          autocomplete="off" aria-invalid=${empty ? 'true' : undefined}
          aria-describedby=${empty ? missing : undefined}
          onInput=${(event) => setName(event.target.value)} /></label>
      ${empty && html`<p id=${missing} class="small bad" role="alert">
        ${t('audiences.name_missing')}</p>`}
      <label>${t('audiences.description')}
        <textarea name="description" rows="3" maxlength="2000"
          value=${description}
          onInput=${(event) => setDescription(event.target.value)}></textarea>
      </label>
      ${problem && html`<${ProblemNote} problem=${problem} />`}
    </form>
  <//>`;
}
