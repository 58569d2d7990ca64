// A Problem in plain words: the texts of problems.json by its slug, else what
// the server says; with row and column where there are.

import { useEffect } from 'preact/hooks';
import { isAbsent } from '../api.js';
import { html } from '../html.js';
import { has, limitBytes, loadTexts, t } from '../language.js';
import { Note } from './note.js';

const shown = 10;


function Place({ error }) {
  const { row, column } = error;
  const key = row && column ? 'row_column' : row ? 'row' : column && 'column';

  return key ? html`<strong>${t(`problems.at_${key}`, { row, column })} </strong>`
    : null;
}


// What is wrong, in words; body is a problem or one of its errors.  The texts of
// "problems" are to be loaded.
export function words(slug, body) {
  const key = `problems.${slug}`;

  return has(key) ? t(key, {
    limit: slug === 'file-too-large' ? limitBytes(body.limit) : body.limit ?? '',
    found: body.count ?? '', encoding: body.encoding ?? '',
    suggestion: body.suggestion ?? '',
  }) : body.detail ?? body.title ?? slug;
}


// One that begins with "?" is for callers of the API.
function Suggestion({ error }) {
  return error.suggestion && error.suggestion[0] !== '?'
    ? html` <em>${t('problems.suggestion', { suggestion: error.suggestion })}</em>`
    : null;
}


function Errors({ errors }) {
  return html`<ul>
    ${errors.slice(0, shown).map((error, i) => html`<li key=${i}>
      <${Place} error=${error} />${words(error.type.split('/').pop(), error)}
      <${Suggestion} error=${error} /></li>`)}
    ${errors.length > shown && html`<li>
      ${t('problems.more', { count: errors.length - shown })}</li>`}
  </ul>`;
}


// What was refused for what it is will be refused again.
function mayPass({ status }) {
  return ![400, 404, 410, 413, 422].includes(status);
}


// Reads are tried again once the trouble that a line above the page tells of is
// over.
function isWaiting({ reading, status, slug }) {
  return reading && isAbsent(status, slug);
}


export function ProblemNote({ problem, onRetry }) {
  useEffect(() => { loadTexts('problems').catch(() => {}); }, []);

  const { slug, body = {}, errors = [] } = problem;
  const detail = isWaiting(problem) ? t('problems.not_loaded')
    : slug ? words(slug, body) : problem.message;
  // One error that says the same again is its place alone.
  const alone = errors.length === 1 && errors[0].type?.endsWith(`/${slug}`);

  return html`<${Note} kind=${isWaiting(problem) ? 'info' : 'bad'} role="alert"
    action=${onRetry && mayPass(problem) && t('common.again')} onAction=${onRetry}>
    <p>${alone && html`<${Place} error=${errors[0]} />`}${detail}
      ${alone && html`<${Suggestion} error=${errors[0]} />`}</p>
    ${errors.length > 0 && !alone && html`<${Errors} errors=${errors} />`}
  <//>`;
}
