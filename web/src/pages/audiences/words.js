// The words of an audience, which are edited where they stand: the pencil opens
// a field; what was typed and left comes back by "undo".

import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { html } from '../../html.js';
import { api } from '../../api.js';
import { t } from '../../language.js';
import { Icon, ProblemNote, toast } from '../../ui/index.js';


function Field({ label, hint, draft, setDraft, onSave, onCancel, rows, max }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const field = useRef(null);
  const id = useId();

  useEffect(() => field.current.focus(), []);

  async function save(event) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    await onSave().catch((error) => {
      setProblem(error);
      setBusy(false);
    });
  }

  return html`<form class="stack" onSubmit=${save}
    onKeyDown=${(event) => event.key === 'Escape' && onCancel()}>
    <textarea ref=${field} rows=${rows} maxlength=${max} value=${draft}
      aria-label=${label} aria-describedby=${hint ? id : undefined}
      onInput=${(event) => setDraft(event.target.value)}></textarea>
    ${hint && html`<p id=${id} class="quiet small">${hint}</p>`}
    ${problem && html`<${ProblemNote} problem=${problem} />`}
    <div class="actions">
      <button type="submit" aria-busy=${busy} disabled=${busy}>
        ${t('common.save')}</button>
      <button type="button" class="secondary" onClick=${onCancel}>
        ${t('common.cancel')}</button>
    </div>
  </form>`;
}


// text is what is edited, onSave(text) sends it.
function Editable({ title, hint, edit, text, rows, max, onSave, children }) {
  const [draft, setDraft] = useState(null);
  const pencil = useRef(null);
  const id = useId();

  function close() {
    setDraft(null);
    requestAnimationFrame(() => pencil.current?.focus());
  }

  function cancel() {
    const left = draft;

    close();
    if (left !== text) {
      toast(t('audiences.edit_left'), { kind: 'info', action: t('common.undo'),
        onAction: () => setDraft(left) });
    }
  }

  async function save() {
    await onSave(draft);
    toast(t('audiences.saved'));
    close();
  }

  return html`<section class="card" aria-labelledby=${id}>
    <header class="card-head">
      <h2 id=${id}>${title}</h2>
      ${draft === null && html`<button type="button" class="icon-button"
        ref=${pencil} aria-label=${edit} onClick=${() => setDraft(text)}>
        <${Icon} name="pencil" size="18" /></button>`}
    </header>
    ${draft === null ? children
      : html`<${Field} label=${title} hint=${hint} draft=${draft} rows=${rows}
          max=${max} setDraft=${setDraft} onSave=${save} onCancel=${cancel} />`}
  </section>`;
}


// Who wrote what is read: the product, a model, or a person since.
function Writer({ item, member }) {
  if (item.type !== 'automatic') {
    return null;
  }
  return html`<p class="quiet small">${item.edited.includes(member)
    ? t('audiences.written_person')
    : item.written_by === 'built-in' ? t('audiences.written_built_in')
      : t('audiences.written_model', { model: item.written_by })}</p>`;
}


// One of a record's members; characteristics are sent as a list.
async function patch(item, body, onChange) {
  const { name, description, characteristics, edited, updated_at: updated }
    = await api.patch(`/v1/audiences/${item.id}`, body);

  onChange({ name, description, characteristics, edited, updated_at: updated });
}


export function Description({ item, onChange }) {
  return html`<${Editable} title=${t('audiences.description')}
    edit=${t('audiences.description_edit')} rows="5" max="2000"
    text=${item.description ?? ''}
    onSave=${(text) => patch(item, { description: text.trim() || null },
      onChange)}>
    ${item.description
      ? html`<p class="breaks lines">${item.description}</p>
          <${Writer} item=${item} member="description" />`
      : html`<p class="quiet">${t('audiences.description_none')}</p>`}
  <//>`;
}


export function Characteristics({ item, onChange }) {
  const lines = (text) => text.split('\n').map((line) => line.trim())
    .filter(Boolean);

  return html`<${Editable} title=${t('audiences.characteristics')}
    edit=${t('audiences.characteristics_edit')} rows="6"
    hint=${t('audiences.characteristics_hint')}
    text=${item.characteristics.join('\n')}
    onSave=${(text) => patch(item, { characteristics: lines(text) }, onChange)}>
    ${item.characteristics.length
      ? html`<ul class="characteristics">${item.characteristics.map((one) => html`
          <li key=${one} class="breaks">${one}</li>`)}</ul>
        <${Writer} item=${item} member="characteristics" />`
      : html`<p class="quiet">${t('audiences.characteristics_none')}</p>`}
  <//>`;
}
