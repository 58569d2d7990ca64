// What was said: each conversation with its labels, what shows them, who found
// them; labels can be corrected, and messages read.

import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { api } from '../../api.js';
import { followJob, hasEnded } from '../../events.js';
import { dateTime, percent, t } from '../../language.js';
import { useList, useResource } from '../../resource.js';
import { Dialog, Pager, ProblemNote, Skeleton, Tag, fieldName, toast }
  from '../../ui/index.js';

const choices = {
  purchaseIntention: ['intent', 'other'],
  priceSensitivity: ['sensitive', 'insensitive', 'none'],
  sentiment: ['positive', 'neutral', 'negative'],
};
const names = Object.keys(choices);


function labelWord(name, value) {
  return t(`people.value_${name}_${value ?? 'none'}`);
}


function byWhom(label) {
  if (label.by === 'person') {
    return t('people.by_person', { user: label.user ?? '' });
  }
  if (label.by === 'sent') {
    return t('people.by_sent');
  }
  const who = ['builtin', 'learned'].includes(label.model)
    ? t(`people.by_${label.model}`) : t('people.by_model', { model: label.model });

  return label.confidence === undefined ? who
    : t('people.by_sure', { who, share: percent(label.confidence) });
}


function Label({ name, label }) {
  return html`<div class="label">
    <dt>${fieldName(name)}</dt>
    <dd><${Tag}>${labelWord(name, label.value)}<//>
      ${label.sentence && html`<blockquote class="evidence">${label.sentence}</blockquote>`}
      <span class="quiet small">${byWhom(label)}</span></dd>
  </div>`;
}


function Messages({ conversation, onClose }) {
  const { data, problem, reload } = useResource((options) =>
    api.get(`/v1/conversations/${encodeURIComponent(conversation.id)}`, {}, options),
    [conversation.id]);

  return html`<${Dialog} title=${t('people.messages')} wide onClose=${onClose}>
    ${problem ? html`<${ProblemNote} problem=${problem} onRetry=${reload} />`
      : !data ? html`<${Skeleton} />`
        : html`<ol class="messages">${data.messages.map((message, i) => html`
          <li key=${i} class=${`message message-${message.from}`}>
            <span class="quiet small">${t(`people.from_${message.from}`)},
              ${' '}${dateTime(message.at)}</span>
            <p class="breaks">${message.text}</p></li>`)}</ol>`}
  <//>`;
}


function Correct({ conversation, onDone, onClose }) {
  const [labels, setLabels] = useState(Object.fromEntries(names.map((name) =>
    [name, conversation.labels[name].value ?? 'none'])));
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);

  async function save(event) {
    const changed = Object.fromEntries(Object.entries(labels).filter(([name, value]) =>
      value !== (conversation.labels[name].value ?? 'none')));

    event.preventDefault();
    if (Object.keys(changed).length === 0) {
      onClose();
      return;
    }
    setBusy(true);
    try {
      const done = await api.put(
        `/v1/conversations/${encodeURIComponent(conversation.id)}/labels`, changed);

      toast(t('people.corrected'));
      followJob(done.job, (job) => hasEnded(job) && onDone());
      onClose();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  }

  return html`<${Dialog} title=${t('people.correct_title')} onClose=${onClose}>
    <form onSubmit=${save}>
      <p class="quiet">${t('people.correct_text')}</p>
      ${names.map((name) => html`<label key=${name} class="stacked">
        <span>${fieldName(name)}</span>
        <select value=${labels[name]} onChange=${(event) =>
          setLabels({ ...labels, [name]: event.target.value })}>
          ${choices[name].map((value) => html`<option key=${value} value=${value}>
            ${labelWord(name, value)}</option>`)}
        </select></label>`)}
      ${problem && html`<${ProblemNote} problem=${problem} />`}
      <div class="dialog-buttons">
        <button type="button" class="secondary" onClick=${onClose}>
          ${t('common.cancel')}</button>
        <button type="submit" aria-busy=${busy} disabled=${busy}>
          ${t('common.save')}</button>
      </div>
    </form>
  <//>`;
}


function Conversation({ conversation, onDone }) {
  const [open, setOpen] = useState(null);
  const { channel, last_at: at, message_count: count } = conversation;
  const close = () => setOpen(null);

  return html`<li class="conversation">
    <p><strong>${channel ?? t('people.channel_unknown')}</strong>
      <span class="quiet"> ${t('people.messages_count', { count })}${at
        && `, ${dateTime(at)}`}</span></p>
    <dl class="labels">${names.map((name) => html`<${Label} key=${name} name=${name}
      label=${conversation.labels[name]} />`)}</dl>
    <p><button type="button" class="quiet-button" onClick=${() => setOpen('messages')}>
        ${t('people.read')}</button>
      <button type="button" class="quiet-button" onClick=${() => setOpen('correct')}>
        ${t('people.correct')}</button></p>
    ${open === 'messages' && html`<${Messages} conversation=${conversation}
      onClose=${close} />`}
    ${open === 'correct' && html`<${Correct} conversation=${conversation}
      onDone=${onDone} onClose=${close} />`}
  </li>`;
}


export function Conversations({ id, onChange }) {
  const list = useList('/v1/conversations', { profile: id }, { limit: 10 });

  function changed() {
    list.reload();
    onChange();
  }

  return html`<section class="card">
    <h2>${t('people.conversations')}</h2>
    ${list.problem && html`<${ProblemNote} problem=${list.problem}
      onRetry=${list.reload} />`}
    ${!list.items ? !list.problem && html`<${Skeleton} lines="3" />`
      : list.items.length === 0
        ? html`<p class="quiet">${t('people.no_conversations')}</p>`
        : html`<ul class="conversations">${list.items.map((conversation) => html`
          <${Conversation} key=${conversation.id} conversation=${conversation}
            onDone=${changed} />`)}</ul>`}
    <${Pager} more=${list.more} loading=${list.loading} />
  </section>`;
}
