// The check of the texts: every key of locale/<language>/<page>.json stands in
// every language, with the same values in braces, and every key that the
// sources name is there.

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const languages = ['pt-BR', 'en', 'es'];


function values(text) {
  const texts = typeof text === 'string' ? [text] : [text.other ?? ''];

  return [...new Set(texts.join(' ').match(/\{\w+\}/g) ?? [])].sort().join(' ');
}


// A plural has a text for each category; `many` (of millions) may be left out.
function forms(text, language) {
  if (typeof text === 'string') {
    return true;
  }
  return new Intl.PluralRules(language).resolvedOptions().pluralCategories
    .filter((one) => one !== 'many').every((one) => one in text);
}


async function read(web, language) {
  const folder = join(web, 'locale', language);
  const texts = {};

  for (const name of (await readdir(folder)).sort()) {
    const page = name.replace(/\.json$/, '');
    const content = JSON.parse(await readFile(join(folder, name), 'utf8'));

    for (const [key, text] of Object.entries(content)) {
      texts[`${page}.${key}`] = text;
    }
  }
  return texts;
}


function compare(all, faults) {
  const keys = new Set(languages.flatMap((name) => Object.keys(all[name])));

  for (const key of keys) {
    const model = all[languages.find((name) => key in all[name])][key];

    for (const name of languages) {
      if (!(key in all[name])) {
        faults.push(`${name}: ${key} is missing`);
      } else if (values(all[name][key]) !== values(model)) {
        faults.push(`${name}: ${key} has other values in braces`);
      } else if (!forms(all[name][key], name)) {
        faults.push(`${name}: ${key} lacks a form of the plural`);
      }
    }
  }
  return keys;
}


async function sources(folder) {
  const entries = await readdir(folder, { recursive: true });

  return entries.filter((name) => name.endsWith('.js'))
    .map((name) => join(folder, name));
}


// t('page.key') must be there; t(`page.begin_${…}`) must be the beginning of
// one.
async function used(web, keys, faults) {
  const pattern = /\bt\(\s*(?:'([^']+)'|`([^`$]+)\$\{)/g;

  for (const path of await sources(join(web, 'src'))) {
    const code = (await readFile(path, 'utf8')).replace(/^\s*\/\/.*/gm, '');

    for (const [, whole, start] of code.matchAll(pattern)) {
      if (whole ? !keys.has(whole)
        : ![...keys].some((key) => key.startsWith(start))) {
        faults.push(`${path}: there is no text ${whole ?? `${start}…`}`);
      }
    }
  }
}


export async function checkTexts(web) {
  const all = {};
  const faults = [];

  for (const name of languages) {
    all[name] = await read(web, name);
  }
  await used(web, compare(all, faults), faults);
  if (faults.length) {
    throw new Error(`texts\n  ${faults.join('\n  ')}`);
  }
}
