// What is known of a person, each value with the record that it came from.

import { html } from '../../html.js';
import { dateTime, has, t } from '../../language.js';
import { Table, fieldName } from '../../ui/index.js';
import { recordKey, recordName, values } from './values.js';

const first = ['name', 'phoneNumber', 'email', 'taxDocument', 'city', 'address'];
const told = ['created_at', 'updated_at', 'sources'];


function order(a, b) {
  const [x, y] = [a, b].map((name) => (first.includes(name)
    ? first.indexOf(name) : first.length));

  return x - y || fieldName(a).localeCompare(fieldName(b));
}


// Labels and states of campaigns are told in words, times as people write them.
function shownValue(name, value) {
  const key = `people.value_${name.startsWith('campaign.') ? 'campaign' : name}_${value}`;

  if (has(key)) {
    return t(key);
  }
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? dateTime(value) : value;
}


function Origin({ origin, records }) {
  if (!origin) {
    return html`<span class="quiet">–</span>`;
  }
  const record = records.get(recordKey(origin)) ?? origin;

  return html`<a href=${`/sources/${origin.import}`}>${recordName(record)}</a>
    ${origin.records?.length > 1 && html` <span class="quiet small">
      ${t('people.records_more', { count: origin.records.length - 1 })}</span>`}`;
}


export function Facts({ profile }) {
  const records = new Map(profile.records.map((record) =>
    [recordKey(record), record]));
  const names = Object.keys(profile.fields)
    .filter((name) => !told.includes(name)).sort(order);

  return html`<section class="card">
    <h2>${t('people.facts')}</h2>
    <${Table} label=${t('people.facts')} rows=${names} rowKey=${(name) => name}
      columns=${[
        { key: 'field', label: t('people.field'), main: true, cell: fieldName },
        { key: 'value', label: t('people.value'),
          cell: (name) => html`<span class="breaks known-value">${values(profile.fields[name])
            .map((value) => shownValue(name, value)).join(', ')}</span>` },
        profile.provenance && { key: 'origin', label: t('people.origin'),
          cell: (name) => html`<${Origin} origin=${profile.provenance[name]}
            records=${records} />` },
      ].filter(Boolean)} />
  </section>`;
}
