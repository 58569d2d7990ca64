// Asks for a name and a description, and saves the filter as an audience.

import { useId, useRef, useState } from 'preact/hooks';
import { api } from '../../api.js';
import { html } from '../../html.js';
import { t } from '../../language.js';
import { Dialog, ProblemNote } from '../../ui/index.js';


// Those members that are not what the audience has: what somebody else changed
// meanwhile stays.
function changed(audience, members) {
  return Object.fromEntries(Object.entries(members)
    .filter(([name, value]) => value !== (audience?.[name] ?? null)));
}


// audience: the one that is changed, or null; words: { name, description }, kept
// by onWords when the dialog is closed without saving.
export function Save({ audience, filter, count, words, onWords, onSaved, onClose }) {
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const input = useRef(null);
  const form = useId();
  // The same key for every try: what was saved is not saved twice.
  const key = useRef(crypto.randomUUID());

  async function save(event) {
    event.preventDefault();

    const name = words.name.trim();

    setMissing(!name);
    if (!name) {
      input.current.focus();
      return;
    }

    const body = { filter, ...changed(audience, { name,
      description: words.description.trim() || null }) };

    setBusy(true);
    setProblem(null);
    try {
      onSaved(audience
        ? await api.patch(`/v1/audiences/${audience.id}`, body)
        : await api.post('/v1/audiences', body,
          { headers: { 'Idempotency-Key': key.current } }));
    } catch (error) {
      // A key belongs to one body; after a refusal the body may be another.
      if (error.status >= 400 && error.status < 500) {
        key.current = crypto.randomUUID();
      }
      setProblem(error);
      setBusy(false);
    }
  }

  const footer = html`
    <button type="button" class="secondary" onClick=${onClose}>
      ${t('common.cancel')}</button>
    <button type="submit" form=${form} aria-busy=${busy} disabled=${busy}>
      ${t('build.create')}</button>`;

  return html`<${Dialog} title=${t(audience ? 'build.save_changes' : 'build.save_title')}
    onClose=${onClose} footer=${footer}>
    <form id=${form} class="stack" onSubmit=${save} novalidate>
      <p>${t('build.save_text', { people: t('build.people', { count: count ?? 0 }) })}</p>
      <label>${t('build.name')}
        <input ref=${input} name="name" value=${words.name} required
          autocomplete="off" maxlength="200" autofocus aria-invalid=${missing || undefined}
          aria-describedby=${missing ? 'name-missing' : undefined}
          onInput=${({ target }) => onWords({ ...words, name: target.value })} />
      </label>
      ${missing && html`<p class="fault" id="name-missing" role="alert">
        ${t('build.name_missing')}</p>`}
      <label>${t('build.description')}
        <textarea name="description" rows="3" maxlength="2000"
          value=${words.description}
          onInput=${({ target }) => onWords({ ...words,
            description: target.value })}></textarea>
      </label>
      ${problem && html`<${ProblemNote} problem=${problem} />`}
    </form>
  <//>`;
}
