// The records that are one person, what makes them so, what was kept apart, and
// taking records out.

import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { api } from '../../api.js';
import { followJob, hasEnded } from '../../events.js';
import { shortDateTime, list, t } from '../../language.js';
import { Confirm, Icon, Note, Table, fieldName, toast } from '../../ui/index.js';
import { recordKey, recordName } from './values.js';

const kinds = { phone: 'phoneNumber', email: 'email', taxDocument: 'taxDocument' };


// "Phone +5511987654321 and E-mail ana@example.com"
function shared(shares) {
  return list(Object.entries(shares)
    .map(([kind, value]) => `${fieldName(kinds[kind] ?? kind)} ${value}`));
}


function Join({ join, names }) {
  const [one, other] = join.records.map((record) =>
    names.get(recordKey(record)) ?? recordName(record));

  return html`<li>${join.rule
    ? t('people.join_rule', { one, other })
    : t('people.join', { one, other, shared: shared(join.values) })}
    ${!join.rule && join.names !== 'nothing' && ` ${t(`people.names_${join.names}`)}`}</li>`;
}


function Joins({ profile, names }) {
  const { joins, counts } = profile;

  if (counts.joins === 0) {
    return html`<p class="quiet">${t('people.alone')}</p>`;
  }
  return html`<ul>${joins.map((join, i) => html`<${Join} key=${i} join=${join}
    names=${names} />`)}</ul>
    ${counts.joins > joins.length && html`<p class="quiet small">
      ${t('people.joins_more', { count: counts.joins - joins.length })}</p>`}`;
}


function Apart({ profile, names }) {
  if (profile.counts.kept_apart === 0) {
    return null;
  }
  return html`<h3 class="people-apart">${t('people.apart')}</h3>
    <ul>${profile.kept_apart.map((pair, i) => html`<li key=${i}>
      ${t('people.apart_one', { shared: shared(pair.values),
        one: names.get(recordKey(pair.records[0])) ?? recordName(pair.records[0]) })}
      ${' '}<a href=${`/people/${pair.profile}`}>${t('people.apart_other')}</a>.
      ${` ${t(`people.because_${pair.because}`)}`}</li>`)}</ul>`;
}


function Blocked({ profile }) {
  if (profile.blocked.length === 0) {
    return null;
  }
  return html`<h3 class="people-apart">${t('people.blocked')}</h3>
    <ul>${profile.blocked.map((value, i) => html`<li key=${i}>
      ${fieldName(kinds[value.kind] ?? value.kind)} ${value.value}:
      ${' '}${t(`people.blocked_${value.why}`)}</li>`)}</ul>`;
}


function Split({ profile, chosen, onChange, onClose }) {
  async function split() {
    const records = profile.records.filter((record) => chosen.has(recordKey(record)))
      .map(({ import: from, line }) => ({ import: from, line }));
    const rule = await api.post(`/v1/profiles/${profile.id}/split`, { records });

    toast(t('people.split_begun'));
    followJob(rule.job, (job) => hasEnded(job) && onChange());
  }

  return html`<${Confirm} title=${t('people.split_title')}
    yes=${t('people.split_yes')} onYes=${split} onClose=${onClose}>
    <p>${t('people.split_text', { count: chosen.size })}</p>
    <p>${t('people.split_after')}</p>
  <//>`;
}


function columns(chosen, setChosen) {
  function toggle(key) {
    const next = new Set(chosen);

    next[next.has(key) ? 'delete' : 'add'](key);
    setChosen(next);
  }

  return [
    { key: 'chosen', label: t('people.choose'), unlabelled: true,
      cell: (record) => html`<input type="checkbox" checked=${chosen.has(recordKey(record))}
        aria-label=${t('people.choose_one', { name: recordName(record) })}
        onChange=${() => toggle(recordKey(record))} />` },
    { key: 'record', label: t('people.record_of'), main: true,
      cell: (record) => html`<a href=${`/sources/${record.import}`}>
        ${recordName(record)}</a>` },
    { key: 'at', label: t('people.at'), cell: ({ at }) => shortDateTime(at) },
  ];
}


export function Records({ profile, onChange }) {
  const [chosen, setChosen] = useState(new Set());
  const [asking, setAsking] = useState(false);
  const { records, counts } = profile;
  const names = new Map(records.map((record) => [recordKey(record), recordName(record)]));
  const several = counts.records > 1;

  return html`<section class="card">
    <h2>${t('people.why', { count: counts.records })}</h2>
    <${Joins} profile=${profile} names=${names} />
    <${Apart} profile=${profile} names=${names} />
    <${Blocked} profile=${profile} />
    <h3 class="people-apart">${t('people.records')}</h3>
    <${Table} label=${t('people.records')} rows=${records} rowKey=${recordKey}
      columns=${columns(chosen, setChosen).slice(several ? 0 : 1)} />
    ${counts.records > records.length && html`<${Note}>
      <p>${t('people.records_shown', { count: records.length })}</p><//>`}
    ${several && html`<p><button type="button" class="secondary"
      disabled=${chosen.size === 0 || chosen.size === counts.records}
      onClick=${() => setAsking(true)}>
      <${Icon} name="undo" size="18" />${t('people.split')}</button>
      <span class="quiet small split-hint">${t('people.split_hint')}</span></p>`}
    ${asking && html`<${Split} profile=${profile} chosen=${chosen}
      onChange=${() => { setChosen(new Set()); onChange(); }}
      onClose=${() => setAsking(false)} />`}
  </section>`;
}
