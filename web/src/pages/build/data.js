// What the builder asks of the server: fields, values while a person types, and
// what a filter finds.

import { api } from '../../api.js';
import { useResource, useSettled } from '../../resource.js';
import { nodeAt, toFilter } from './filter.js';

const typingPause = 150;
const changePause = 200;
const listed = 50;
const firstPeople = 10;


// { fields: Map by name, total, … } in the server's order.
export function useFields() {
  const { data, ...more } = useResource((options) =>
    api.get('/v1/fields', {}, options), []);

  return { ...more, total: data?.total,
    fields: data && new Map(data.items.map((field) => [field.name, field])) };
}


// Values of a field that begin with or contain what was typed.
export function useValues(field, text, on) {
  const path = `/v1/fields/${encodeURIComponent(field)}/values`;

  return useSettled(`${on} ${field} ${text}`, typingPause, (options) => on
    ? api.get(path, { q: text, limit: listed }, options)
    : Promise.resolve(null));
}


// { answer, problem, pending, countOf(node), faults }: how many people, of each
// part too, and the first of them; faults: refusals by the node that they are
// about.
export function useFound(tree, columns) {
  const { filter, pointers } = toFilter(tree);
  const request = { filter, limit: firstPeople, fields: columns, counts: true };
  const settled = useSettled(JSON.stringify(request), changePause, (options) =>
    api.post('/v1/query', request, options).then((answer) =>
      ({ answer, counts: new Map([...pointers].map(([id, pointer]) =>
        [id, answer.counts[pointer]])) }))
      .catch((problem) => { problem.pointers = pointers; throw problem; }));
  const { data, problem } = settled;
  const faults = new Map();

  for (const error of problem?.errors ?? []) {
    faults.set(nodeAt(problem.pointers, error.pointer ?? ''), error);
  }
  return { ...settled, answer: data?.answer, faults, filter,
    countOf: (node) => data?.counts.get(node.id) };
}


export function useDistribution(filter, field, limit) {
  const request = { filter, field, limit };

  return useSettled(JSON.stringify(request), changePause, (options) => field
    ? api.post('/v1/distribution', request, options) : Promise.resolve(null));
}
