// The languages of the pages.
//
// Texts stand in locale/<language>/<page>.json and are named "page.key"; a
// value is a text with {name} for what is put in, or an object with a text for
// each plural category, picked by the parameter `count`; `zero` may be there for
// none, where the language's own form sounds odd.  A page's texts are
// loaded before it is shown (loadTexts); "common" is always there.
//
// Everything here reads signals: a component that calls it is drawn anew when
// the language changes.

import { batch, signal } from '@preact/signals';
import { api } from './api.js';

export const languages = { 'pt-BR': 'Português', en: 'English', es: 'Español' };
export const language = signal('pt-BR');

const texts = signal({});
const wanted = new Set();


// The language of ours that is meant by a tag such as "pt" or "en-GB".
function ours(tag) {
  const base = (tag ?? '').toLowerCase().split('-')[0];

  return Object.keys(languages)
    .find((name) => name.toLowerCase().split('-')[0] === base);
}


async function fetchTexts(name, pages) {
  const loaded = await Promise.all(pages.map(async (page) => {
    const { default: content } = await import(`../locale/${name}/${page}.json`);

    return Object.entries(content).map(([key, text]) => [`${page}.${key}`, text]);
  }));

  return Object.fromEntries(loaded.flat());
}


// Makes the texts of these pages known; does nothing when they are.
export async function loadTexts(...pages) {
  const missing = pages.filter((page) => !wanted.has(page));
  const name = language.peek();

  if (missing.length) {
    const more = await fetchTexts(name, missing);

    if (name !== language.peek()) {
      return loadTexts(...pages);
    }
    missing.forEach((page) => wanted.add(page));
    texts.value = { ...texts.peek(), ...more };
  }
}


async function speak(name) {
  let all = {};
  let known = new Set();

  // A page may come to be loaded meanwhile.
  while (known.size < wanted.size) {
    const more = [...wanted].filter((page) => !known.has(page));

    known = new Set(wanted);
    all = { ...all, ...await fetchTexts(name, more) };
  }

  batch(() => {
    language.value = name;
    texts.value = all;
  });
  document.documentElement.lang = name;
}


// A person's own choice: kept here, and as the language of mails to them.
export async function choose(name) {
  localStorage.setItem('language', name);
  await speak(name);

  const me = await api.get('/v1/me');

  await api.put(`/v1/users/${encodeURIComponent(me.id)}`, { language: name });
}


// What was chosen here, else the browser's first that we speak; once the
// server has said who is asking, that person's.
export async function start() {
  const kept = ours(localStorage.getItem('language'));
  const name = [kept, ...navigator.languages].map(ours).find(Boolean) ?? 'pt-BR';

  language.value = name;
  document.documentElement.lang = name;
  await loadTexts('common');
  if (!kept) {
    api.get('/v1/me')
      .then((me) => !localStorage.getItem('language')
                    && ours(me.language) !== language.peek()
                    && speak(ours(me.language)))
      .catch(() => {});
  }
}


export function has(key) {
  return key in texts.value;
}


export function t(key, values = {}) {
  let text = texts.value[key] ?? key;

  if (typeof text === 'object') {
    const rules = new Intl.PluralRules(language.value);

    text = (values.count === 0 && text.zero)
      || (text[rules.select(values.count ?? 0)] ?? text.other);
  }
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];

    return value === undefined ? whole
      : typeof value === 'number' ? number(value) : String(value);
  });
}


// --- numbers, times ------------------------------------------------------------

const formats = new Map();


// Making an Intl object costs more than using one.
function format(kind, options) {
  const key = `${language.value} ${kind} ${JSON.stringify(options)}`;

  if (!formats.has(key)) {
    formats.set(key, new Intl[kind](language.value, options));
  }
  return formats.get(key);
}


export function number(n, options = {}) {
  return format('NumberFormat', options).format(n);
}


// A share of 0 to 1 as it is told everywhere, the worker's sentences included
// (class_percent_of()): whole percents, tenths below 1 and above 99.
export function percent(share) {
  const exact = 100 * share;
  const told = exact < 1 || exact > 99 ? Math.round(10 * exact) / 10
    : Math.round(exact);
  const words = (n) => number(n / 100, { style: 'percent',
    maximumFractionDigits: 1 });

  return share > 0 && told === 0 ? `< ${words(0.1)}`
    : share < 1 && told === 100 ? `> ${words(99.9)}` : words(told);
}


export function bytes(n) {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  const power = Math.min(3, Math.floor(Math.log10(Math.max(1, n)) / 3));

  return number(n / 1000 ** power, {
    style: 'unit', unit: units[power], unitDisplay: 'short',
    maximumFractionDigits: power > 1 ? 1 : 0,
  });
}


// A limit as people know it: 10 MB is 10 · 1024 · 1024 bytes, and never told
// as more than it is.
export function limitBytes(n) {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  const power = Math.min(3, Math.floor(Math.log2(Math.max(1, n)) / 10));

  return number(Math.floor(n / 1024 ** power * 10) / 10,
    { style: 'unit', unit: units[power], unitDisplay: 'short' });
}


export function dateTime(at) {
  return format('DateTimeFormat', { dateStyle: 'medium', timeStyle: 'short' })
    .format(new Date(at));
}


export function date(at) {
  return format('DateTimeFormat', { dateStyle: 'medium' }).format(new Date(at));
}


// "jan. – mar. 2024": days in UTC, "2024-01-01", and what of them is told.
export function dayRange(from, to, options = { dateStyle: 'medium' }) {
  return format('DateTimeFormat', { ...options, timeZone: 'UTC' })
    .formatRange(new Date(from), new Date(to));
}


// "22/11/2026", where a column has many of them.
export function shortDate(at) {
  return format('DateTimeFormat', { day: '2-digit', month: '2-digit',
    year: 'numeric' }).format(new Date(at));
}


// "22/11/2026, 05:10", likewise.
export function shortDateTime(at) {
  return format('DateTimeFormat', { day: '2-digit', month: '2-digit',
    year: 'numeric', hour: '2-digit', minute: '2-digit' }).format(new Date(at));
}


// "3 minutes ago", "in 2 days".
export function relative(at, now = Date.now()) {
  const seconds = (new Date(at) - now) / 1000;
  const steps = [['second', 60], ['minute', 60], ['hour', 24], ['day', 30],
    ['month', 12], ['year', Infinity]];
  let size = seconds;

  for (const [unit, next] of steps) {
    if (Math.abs(size) < next) {
      return format('RelativeTimeFormat', { numeric: 'auto' })
        .format(Math.round(size), unit);
    }
    size /= next;
  }
  return '';
}


// "a, b and c"
export function list(words) {
  return format('ListFormat', { type: 'conjunction' }).format(words);
}
