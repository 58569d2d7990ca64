// The first people inside, with the columns that a person chose.

import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { date, dateTime, t } from '../../language.js';
import { Dialog, EmptyState, Icon, SearchField, Skeleton, Table, fieldName }
  from '../../ui/index.js';
import { plain } from './field_menu.js';

const key = 'build.columns';
const usual = ['name', 'phoneNumber', 'city'];
const most = 12;
const shown = 100;


export function useColumns(fields) {
  const [chosen, setChosen] = useState(() => {
    const kept = localStorage.getItem(key);

    return kept ? JSON.parse(kept) : usual;
  });

  function choose(names) {
    setChosen(names);
    localStorage.setItem(key, JSON.stringify(names));
  }

  return [chosen.filter((name) => fields.has(name)), choose];
}


function Choice({ fields, columns, onChoose, onClose }) {
  const [text, setText] = useState('');
  const all = [...fields.values()].filter(({ name }) =>
    plain(fieldName(name)).includes(plain(text.trim())));
  const toggle = (name) => onChoose(columns.includes(name)
    ? columns.filter((one) => one !== name) : [...columns, name]);

  return html`<${Dialog} title=${t('build.columns')} onClose=${onClose}
    footer=${html`<button type="button" onClick=${onClose}>
      ${t('common.close')}</button>`}>
    <${SearchField} label=${t('build.search_field')} value=${text} wait="0"
      onInput=${setText} />
    <fieldset class="checks">
      <legend class="unseen">${t('build.columns')}</legend>
      ${all.slice(0, shown).map(({ name }) => html`<label key=${name}>
        <input type="checkbox" checked=${columns.includes(name)}
          disabled=${!columns.includes(name) && columns.length >= most}
          onChange=${() => toggle(name)} />
        <span>${fieldName(name)}</span></label>`)}
    </fieldset>
    ${all.length > shown && html`<p class="quiet small">
      ${t('build.more_fields', { count: all.length - shown })}</p>`}
    ${columns.length >= most && html`<p class="quiet small" role="status">
      ${t('build.most_columns', { count: most })}</p>`}
  <//>`;
}


function cellText(value, type) {
  const one = (text) => type !== 'date' ? text
    : /^\d{4}-\d\d-\d\d$/.test(text) ? date(`${text}T12:00:00`)
      : /^\d{4}-\d\d-\d\dT/.test(text) ? dateTime(text) : text;

  return value === undefined ? '–' : [value].flat().map(one).join(', ');
}


function tableColumns(names, fields) {
  return names.map((name, i) => ({
    key: name, label: fieldName(name), main: i === 0,
    number: i > 0 && fields.get(name)?.type === 'number',
    cell: (row) => {
      const text = cellText(row.fields[name], fields.get(name)?.type);

      return i === 0 ? html`<a href=${`/people/${row.id}`}>${text}</a>` : text;
    },
  }));
}


export function People({ found, fields, columns, onChoose }) {
  const [choosing, setChoosing] = useState(false);
  const { answer, pending } = found;

  return html`<div class="card">
    <div class="tools">
      <h2>${t('build.first_people')}</h2>
      <button type="button" class="secondary" onClick=${() => setChoosing(true)}>
        <${Icon} name="columns" size="18" />${t('build.columns')}</button>
    </div>
    <div aria-busy=${pending} class=${pending ? 'settling' : ''}>
      ${found.problem ? html`<p class="quiet">${t('build.no_count')}</p>`
        : !answer ? html`<${Skeleton} lines="5" />`
        : answer.count === 0
          ? html`<${EmptyState} icon="person" title=${t('build.nobody_inside')}>
              ${t('build.nobody_inside_text')}<//>`
          : html`<${Table} label=${t('build.first_people')} rows=${answer.profiles}
              columns=${tableColumns(columns.length ? columns : ['phoneNumber'],
                fields)} />`}
    </div>
    ${choosing && html`<${Choice} fields=${fields} columns=${columns}
      onChoose=${onChoose} onClose=${() => setChoosing(false)} />`}
  </div>`;
}
