// The menu of fields: a search, then the fields by their kind, each with its type
// and how many people have it.

import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { percent, t } from '../../language.js';
import { Combobox, Popover, fieldName } from '../../ui/index.js';

const shown = 100;
const kinds = ['identifier', 'behaviour', 'label', 'extra', 'campaign', 'consent',
  'system'];


export function plain(text) {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}


// How well a name fits what was typed: it is it, begins with it, has a word that
// does, contains it; 0 where it does not.
function fit(names, q) {
  return Math.max(...names.map((name) => name === q ? 4
    : name.startsWith(q) ? 3 : name.includes(` ${q}`) ? 2
      : name.includes(q) ? 1 : 0));
}


// Those that contain what was typed; kinds, and fields in them, that fit best
// stand first.
function found(fields, text) {
  const q = plain(text.trim());
  const best = {};
  const all = [...fields.values()].map((field) => {
    const own = fit([plain(fieldName(field.name)), plain(field.name)], q);

    best[field.kind] = Math.max(best[field.kind] ?? 0, own);
    return { field, own };
  }).filter(({ own }) => own > 0);

  all.sort((a, b) => best[b.field.kind] - best[a.field.kind]
    || kinds.indexOf(a.field.kind) - kinds.indexOf(b.field.kind)
    || b.own - a.own);
  return all.map(({ field }) => field);
}


function option(field, total) {
  return {
    key: field.name, field, label: fieldName(field.name),
    group: t(`build.kind_${field.kind}`),
    note: `${t(`build.type_${field.type}`)} · ${
      percent(total ? field.filled / total : 0)}`,
  };
}


function List({ fields, total, onPick, close }) {
  const [text, setText] = useState('');
  const all = found(fields, text);

  return html`<${Combobox} always label=${t('build.search_field')}
    placeholder=${t('build.search_field')} text=${text} onText=${setText}
    options=${all.slice(0, shown).map((field) => option(field, total))}
    message=${t(fields.size ? 'build.no_field' : 'build.no_fields')}
    onClose=${close} onPick=${({ field }) => { close(false); onPick(field); }}>
    ${all.length > shown && html`<p class="option-message">
      ${t('build.more_fields', { count: all.length - shown })}</p>`}
  <//>`;
}


// total: people of the base; onPick(field).
export function FieldMenu({ fields, total, onPick, button, ...more }) {
  return html`<${Popover} label=${t('build.fields')} button=${button} ...${more}>
    ${(close) => html`<${List} fields=${fields} total=${total} onPick=${onPick}
      close=${close} />`}
  <//>`;
}
