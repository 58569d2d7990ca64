// The first page: sends a file, shows what became of it, lists imports.
//
// Without this script the form still works: the browser then shows the answer
// as it comes.  Text is only ever set as textContent, never as markup.

import { choose, language, switchTo, text } from './language.js';

const form = document.querySelector('#upload');
const outcome = document.querySelector('#outcome');
const imports = document.querySelector('#imports');

// What the outcome shows, kept so that it can be told in another language.
let shown = null;


function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);

  for (const [key, value] of Object.entries(attributes)) {
    node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}


async function getJson(path) {
  const answer = await fetch(path, { headers: { Accept: 'application/json' } });

  if (!answer.ok) {
    throw new Error(`${path}: ${answer.status}`);
  }
  return answer.json();
}


function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}


function number(n) {
  return new Intl.NumberFormat(language()).format(n);
}


// --- the outcome of an upload ------------------------------------------------

function show(render) {
  shown = render;
  outcome.replaceChildren(...render());
}


function place(error) {
  const parts = [];

  if (error.row) {
    parts.push(text('row', { n: number(error.row) }));
  }
  if (error.column) {
    parts.push(text('column', { n: number(error.column) }));
  }
  return parts.length ? `${parts.join(', ')}: ` : '';
}


function showProblem(problem) {
  show(() => {
    const errors = problem.errors ?? [];
    const items = errors.map((error) =>
      element('li', {}, place(error) + (error.detail ?? error.type)));

    return [
      element('p', { class: 'bad' }, problem.title ?? text('failed')),
      element('p', {}, problem.detail ?? ''),
      ...(items.length ? [element('ul', {}, ...items)] : []),
    ];
  });
}


function showProgress(label, value) {
  show(() => [
    element('p', { id: 'progress-label' }, text(label)),
    element('progress', {
      'aria-labelledby': 'progress-label', max: 1,
      ...(value === undefined ? {} : { value }),
    }),
  ]);
}


function showFinished(item) {
  const { rows } = item;
  const outcomes = { succeeded: 'finished', undoing: 'undone', undone: 'undone' };

  show(() => [
    element('p', { class: item.state === 'failed' ? 'bad' : 'good' },
      text(outcomes[item.state] ?? 'failed', { file: item.filename })),
    element('p', {}, text('counts', {
      imported: number(rows.imported), refused: number(rows.refused_opt_in),
      rejected: number(rows.rejected),
    })),
    ...(hasErrors(item) ? [element('p', {}, errorsLink(item, text('errors')))] : []),
  ]);
}


// Nothing is kept of the rows of an import that was undone.
function hasErrors({ state, rows }) {
  return rows.rejected > 0 && state !== 'undoing' && state !== 'undone';
}


function errorsLink(item, label) {
  return element('a', { href: `/v1/imports/${item.id}/errors.csv` }, label);
}


async function follow(item) {
  while (item.state === 'queued' || item.state === 'running') {
    const job = await getJson(`/v1/jobs/${item.job}`);

    showProgress(job.state === 'running' ? 'running' : 'queued', job.progress);
    await pause(300);
    item = await getJson(`/v1/imports/${item.id}`);
  }
  showFinished(item);
}


async function send(event) {
  event.preventDefault();

  const button = form.querySelector('button');
  const body = new FormData(form);

  button.disabled = true;
  showProgress('sending');

  try {
    const answer = await fetch(form.action, {
      method: 'POST', body, headers: { 'Accept-Language': language() },
    });
    const result = await answer.json();

    if (answer.ok) {
      await listImports();
      await follow(result);
      form.reset();
    } else {
      showProblem(result);
    }
    await listImports();

  } catch {
    show(() => [element('p', { class: 'bad' }, text('offline'))]);

  } finally {
    button.disabled = false;
  }
}


// --- the list ----------------------------------------------------------------

function row(item) {
  const at = new Intl.DateTimeFormat(language(),
    { dateStyle: 'short', timeStyle: 'short' }).format(new Date(item.created_at));
  const { rows } = item;
  const rejected = hasErrors(item)
    ? errorsLink(item, number(rows.rejected)) : number(rows.rejected);

  return element('tr', {},
    element('td', {}, item.filename),
    element('td', {}, at),
    element('td', {}, text(`state_${item.state}`)),
    element('td', { class: 'number' }, number(rows.read)),
    element('td', { class: 'number' }, number(rows.imported)),
    element('td', { class: 'number' }, number(rows.refused_opt_in)),
    element('td', { class: 'number' }, rejected));
}


async function listImports() {
  const { items } = await getJson('/v1/imports?limit=20');

  imports.hidden = false;
  imports.querySelector('#empty').hidden = items.length > 0;
  imports.querySelector('.scroll').hidden = items.length === 0;
  imports.querySelector('tbody').replaceChildren(...items.map(row));
}


// --- languages ---------------------------------------------------------------

async function speak(name) {
  await switchTo(name);

  for (const button of document.querySelectorAll('[data-language]')) {
    button.setAttribute('aria-pressed',
      String(button.dataset.language === language()));
  }
  if (shown) {
    outcome.replaceChildren(...shown());
  }
  await listImports().catch(() => {});
}


for (const button of document.querySelectorAll('[data-language]')) {
  button.addEventListener('click', () => speak(button.dataset.language));
}

document.querySelector('.languages').hidden = false;
form.addEventListener('submit', send);
await speak(choose());
