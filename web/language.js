// The languages of the pages.  Elements name their text by data-text; the texts
// stand in locale/<language>.json, one file each, with {name} for values.

const languages = ['pt-BR', 'en', 'es'];

let current = 'pt-BR';
let texts = {};


// The language a person chose before, else the first that the browser asks for
// and we speak, else Portuguese.
export function choose() {
  const wanted = [localStorage.getItem('language'), ...navigator.languages];

  for (const name of wanted) {
    const found = languages.find((one) =>
      name && one.split('-')[0] === name.toLowerCase().split('-')[0]);

    if (found) {
      return found;
    }
  }
  return 'pt-BR';
}


export function language() {
  return current;
}


export function text(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g,
    (whole, name) => values[name] ?? whole);
}


export async function switchTo(name) {
  const answer = await fetch(`locale/${name}.json`);

  texts = await answer.json();
  current = name;
  localStorage.setItem('language', name);
  document.documentElement.lang = name;
  document.title = text('brand');

  for (const node of document.querySelectorAll('[data-text]')) {
    node.textContent = text(node.dataset.text);
  }
}
