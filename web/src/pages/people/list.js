// Looking for people.

import { html } from '../../html.js';
import { api } from '../../api.js';
import { t } from '../../language.js';
import { place, setQuery } from '../../router.js';
import { useResource } from '../../resource.js';
import { EmptyState, Page, ProblemNote, SearchField, Skeleton, Table, fieldName,
  useFieldTexts } from '../../ui/index.js';
import { readSearch } from './search.js';
import { personName, values } from './values.js';

const shown = 50;
const wanted = ['name', 'phoneNumber', 'email', 'taxDocument', 'city'];


// nginx answers for names and for everybody, the worker for identifiers.
async function findBy({ by, value }, options) {
  if (by !== 'name') {
    const found = await api.get('/v1/profiles', { [by]: value, limit: shown }, options);

    return { people: found.items, more: found.next !== null };
  }
  return query({ field: 'name', op: 'contains', value }, options);
}


async function query(filter, options) {
  const fields = (await api.get('/v1/fields', {}, options)).items
    .map(({ name }) => name);

  if (filter.field && !fields.includes(filter.field)) {
    return { people: [], more: false, count: 0 };
  }
  const found = await api.post('/v1/query', { filter, limit: shown,
    fields: wanted.filter((name) => fields.includes(name)) }, options);

  return { people: found.profiles, more: found.next !== null, count: found.count };
}


// A value that can be no phone may be a document: only where nothing else is
// left to try does it say what is wrong with it.
async function find(typed, options) {
  const tries = readSearch(typed);
  let found = null;
  let problem = null;

  if (tries.length === 0) {
    return query({ all: [] }, options);
  }
  for (const one of tries) {
    try {
      found = await findBy(one, options);
      if (found.people.length) {
        return found;
      }
    } catch (error) {
      if (error.status !== 422) {
        throw error;
      }
      problem ??= error;
    }
  }
  if (!found) {
    throw problem;
  }
  return found;
}


// Numbers stay in one line, and addresses may break before their @.
function Identifier({ name, text }) {
  return name === 'email'
    ? text.split('@').map((part, i) => (i ? html`<wbr />@${part}` : part))
    : html`<span class=${name === 'city' ? '' : 'nowrap'}>${text}</span>`;
}


function columns() {
  return [
    { key: 'name', label: fieldName('name'), main: true,
      cell: (person) => html`<a href=${`/people/${person.id}`}>
        ${personName(person.fields)}</a>` },
    ...wanted.slice(1).map((name) => ({ key: name, label: fieldName(name),
      cell: ({ fields }) => html`<${Identifier} name=${name}
        text=${values(fields[name]).join(', ') || '–'} />` })),
  ];
}


function Found({ found, typed }) {
  const { people, more, count } = found;

  if (people.length === 0) {
    return html`<${EmptyState} icon="person"
      title=${t(typed ? 'people.none_found' : 'people.none')}>
      ${t(typed ? 'people.none_found_text' : 'people.none_text')}<//>`;
  }
  return html`<p class="quiet" role="status">
      ${t('people.count', { count: count ?? people.length })}
      ${more && ` ${t('people.first', { count: people.length })}`}</p>
    <${Table} label=${t('people.title')} columns=${columns()} rows=${people} />`;
}


export function People() {
  const typed = place.value.query.get('q') ?? '';
  const { data, problem, reload } = useResource((options) =>
    find(typed, options), [typed]);

  useFieldTexts();

  return html`<${Page} title=${t('people.title')} lead=${t('people.lead')}
    actions=${html`<a class="button secondary" href="/labels">${t('people.labels_page')}</a>
      <a class="button secondary" href="/rules">${t('people.rules')}</a>
      <a class="button secondary" href="/erasures">${t('people.erasures')}</a>`}>
    <section class="card">
      <div class="tools">
        <${SearchField} label=${t('people.search')} value=${typed}
          onInput=${(q) => setQuery({ q })} />
      </div>
      ${problem ? html`<${ProblemNote} problem=${problem} onRetry=${reload} />`
        : data ? html`<${Found} found=${data} typed=${typed} />`
          : html`<${Skeleton} lines="5" />`}
    </section>
  <//>`;
}
