// One label: who gives it, how many corrections there are, what they taught.

import { html } from '../../html.js';
import { dateTime, has, percent, t } from '../../language.js';
import { Bar, Note, Progress, Table, Tag, fieldName } from '../../ui/index.js';


export function Who({ model }) {
  const kind = { builtin: 'plain', learned: 'good' }[model];

  return html`<${Tag} kind=${kind ?? 'info'}>${kind ? t(`labels.by_${model}`)
    : t('labels.by_language', { model })}<//>`;
}


// The server says in English why nothing could be learned.
function refusal(label, training) {
  const [, count, value, limit] = training.refused.match(
    /^(\d+) different texts have \w+ "(\w+)": (\d+) are needed/) ?? [];
  const key = `people.value_${label}_${value}`;

  return value ? t('labels.refused_texts', { count: Number(count),
    limit: Number(limit), value: has(key) ? t(key) : value }) : '';
}


function Refused({ label, training }) {
  const words = refusal(label, training);

  return html`<${Note} kind="warn">
    <p><strong>${t('labels.refused')}</strong></p>
    ${words ? html`<p>${words}</p>`
      : html`<p class="small" lang="en">${training.refused}</p>`}<//>`;
}


function verdict({ model, examples, needed, training }, language) {
  if (!training) {
    return examples < needed
      ? t('labels.few', { count: needed - examples }) : t('labels.enough');
  }
  if (training.better) {
    return t(model !== 'learned' ? 'labels.unused'
      : language ? 'labels.better_language' : 'labels.better');
  }
  return t('labels.not_better');
}


function Figures({ training }) {
  const rows = ['built_in', 'learned'].map((who) => ({ id: who, ...training[who] }));

  return html`<${Table} label=${t('labels.figures')} rows=${rows} columns=${[
    { key: 'who', label: t('labels.classifier'), main: true,
      cell: ({ id }) => t(id === 'learned' ? 'labels.by_learned' : 'labels.by_builtin') },
    ...['accuracy', 'macro_f1'].map((name) => ({ key: name, wide: true,
      label: t(`labels.${name}`), cell: (row) => html`<${Bar} share=${row[name]}
        label=${percent(row[name])} />` })),
  ]} />`;
}


export function Label({ model, language }) {
  const { label, examples, needed, training } = model;
  const id = `label-${label}`;

  return html`<section class="card" aria-labelledby=${id}>
    <header class="card-head"><h2 id=${id}>${fieldName(label)}</h2>
      <p class="label-who"><span class="quiet small">${t('labels.who')}</span>
        ${' '}<${Who} model=${language?.model ?? model.model} /></p></header>
    ${language && html`<p class="quiet">${t('labels.without_language', {
      who: t(`labels.by_${model.model}`) })}</p>`}
    <${Progress} label=${t('labels.corrected')} value=${Math.min(1, examples / needed)}
      note=${t(examples < needed ? 'labels.of' : 'labels.of_enough',
        { count: examples, needed })} />
    ${training?.refused ? html`<${Refused} label=${label} training=${training} />`
      : html`<p>${verdict(model, language)}</p>`}
    ${training?.learned && html`<${Figures} training=${training} />`}
    ${training && html`<p class="quiet small">${t(training.refused
      ? 'labels.tried_at' : 'labels.learned_at',
      { at: dateTime(training.trained_at), count: training.examples })}</p>`}
  </section>`;
}
