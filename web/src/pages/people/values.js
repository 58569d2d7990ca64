// Values of people, as pages show them.

import { t } from '../../language.js';


// One value, or several, as an array.
export function values(value) {
  return value === undefined || value === null ? []
    : Array.isArray(value) ? value : [value];
}


export function personName(fields) {
  for (const name of ['name', 'phoneNumber', 'email', 'taxDocument']) {
    const [first] = values(fields[name]);

    if (first) {
      return first;
    }
  }
  return t('people.nameless');
}


// A record is told by the file that brought it, and the line.
export function recordName(record) {
  return t(record.filename ? 'people.record' : 'people.record_api',
    { name: record.filename ?? '', line: String(record.line) });
}


export function recordKey({ import: from, line }) {
  return `${from}:${line}`;
}
