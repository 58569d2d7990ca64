// Manual segmentation: a filter is built while its exact size is told, and saved
// as an audience.  /build?audience=aud_… changes a saved one,
// /build?filter={…} begins with a filter.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { api } from '../../api.js';
import { html } from '../../html.js';
import { loadTexts, number, percent, t } from '../../language.js';
import { go, goBack, isId, place } from '../../router.js';
import { useResource } from '../../resource.js';
import { Icon, Note, Page, ProblemNote, Skeleton, announce, toast,
  useFieldTexts } from '../../ui/index.js';
import { useFields, useFound } from './data.js';
import { Distribution } from './distribution.js';
import { dropDraft, keepDraft, readDraft } from './draft.js';
import { excess, fromFilter, group, history, incomplete, insert, isEmpty,
  maxConditions, maxDepth, nodes, record, redo, refreshed, size, undo,
  withNumbers } from './filter.js';
import { People, useColumns } from './people.js';
import { Group } from './rows.js';
import { Save } from './save.js';
import { sentence } from './words.js';


// --- what is edited ---------------------------------------------------------------

// The names of audiences that the filter contains and nobody has told us yet.
function useNames(tree) {
  const [names, setNames] = useState(new Map());
  const missing = [...nodes(tree)].filter(({ kind, name, audience }) =>
    kind === 'audience' && !name && !names.has(audience))
    .map(({ audience }) => audience);

  useEffect(() => {
    for (const id of new Set(missing)) {
      api.get(`/v1/audiences/${id}`)
        .then(({ name }) => setNames((old) => new Map(old).set(id, name)))
        .catch(() => {});
    }
  }, [missing.join()]);

  return names;
}


// { past, tree, edit, back, forward }: the tree and its history.  The focus goes
// where an edit says, once that is drawn.
function useTree(first, frame) {
  const [past, setPast] = useState(() => history(first));
  const wanted = useRef(null);

  useLayoutEffect(() => {
    const id = wanted.current;
    const part = id && frame.current?.querySelector(
      `[data-node="${id}"], [data-group="${id}"]`);

    wanted.current = null;
    (part?.querySelector('[data-value], [data-focus]')
      ?? part?.querySelector('select, button'))?.focus();
  }, [past]);

  function edit(tree, { mark = null, focus = null, say } = {}) {
    const fault = excess(tree);

    if (fault) {
      const text = t(`build.excess_${fault}`,
        { conditions: maxConditions, depth: maxDepth });

      announce(text);
      toast(text, { kind: 'bad' });
      return;
    }
    wanted.current = focus;
    setPast((old) => record(old, tree, mark));
    if (say) {
      announce(say);
    }
  }

  function step(make, say) {
    setPast(make);
    announce(say);
  }

  return {
    past, tree: past.now, edit,
    back: past.past.length ? () => step(undo, t('build.undone')) : null,
    forward: past.future.length ? () => step(redo, t('build.redone')) : null,
  };
}


// Ctrl+Z and Ctrl+Shift+Z, but in inputs, which have their own.
function useKeys({ back, forward }) {
  const now = useRef({});

  now.current = { back, forward };
  useEffect(() => {
    const onKey = (event) => {
      const letter = event.key.toLowerCase();
      const again = letter === 'y' || (letter === 'z' && event.shiftKey);
      const step = again ? now.current.forward : now.current.back;

      if ((event.ctrlKey || event.metaKey) && ['z', 'y'].includes(letter) && step
          && !event.target.closest('input, textarea, dialog')) {
        event.preventDefault();
        step();
      }
    };

    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}


// --- the page's parts --------------------------------------------------------------

function Size({ found }) {
  const { answer, pending, problem } = found;
  const text = answer && t('build.of_people',
    { count: answer.count, total: number(answer.total) });

  useEffect(() => {
    if (text && !pending && !problem) {
      announce(text);
    }
  }, [text, pending, problem]);

  return html`<div class=${pending ? 'size settling' : 'size'} aria-busy=${pending}>
    ${answer && !problem ? html`
      <strong class="size-count">${number(answer.count)}</strong>
      <span class="size-words">${t('build.of_people_words',
        { total: number(answer.total) })}</span>
      <meter min="0" max=${Math.max(1, answer.total)} value=${answer.count}
        aria-label=${t('build.share')}></meter>
      <span class="size-share">${percent(answer.total
        ? answer.count / answer.total : 0)}</span>`
      : problem ? html`<span class="quiet">${t('build.no_count')}</span>`
        : html`<${Skeleton} lines="2" />`}
  </div>`;
}


function History({ back, forward }) {
  return html`<div class="undo">
    <button type="button" class="icon-button" disabled=${!back}
      aria-label=${t('build.undo')} title=${t('build.undo')} onClick=${back}>
      <${Icon} name="undo" /></button>
    <button type="button" class="icon-button" disabled=${!forward}
      aria-label=${t('build.redo')} title=${t('build.redo')} onClick=${forward}>
      <${Icon} name="redo" /></button>
  </div>`;
}


// A refusal that is not shown beside a part.
function Refusal({ found, tree }) {
  const { problem, faults, retry } = found;
  const placed = [...nodes(tree)].some(({ id }) => id !== tree.id
                                                   && faults.has(id));

  return problem && !placed && html`<${ProblemNote} problem=${problem}
    onRetry=${retry} />`;
}


// The field whose distribution is shown first: one of a handful of values that
// the filter does not name, the city if it can be.
function tellingField(tree, fields) {
  const named = new Set([...nodes(tree)].map((node) => node.field));
  const telling = [...fields.values()].filter(({ name, distinct, type, kind }) =>
    !named.has(name) && distinct > 1 && kind !== 'system'
    && (type !== 'text' || distinct <= 100));
  const [first] = telling.filter(({ name }) => name === 'city').concat(telling);

  return first?.name ?? fields.keys().next().value;
}


function Builder({ audience, start, fields, total }) {
  const frame = useRef(null);
  const [words, setWords] = useState(start.words);
  const [saving, setSaving] = useState(false);
  const [refused, setRefused] = useState(null);
  const [field, setField] = useState(() => tellingField(start.tree, fields));
  const steps = useTree(start.tree, frame);
  const { tree, edit } = steps;
  const names = useNames(tree);
  const [columns, chooseColumns] = useColumns(fields);
  const found = useFound(tree, columns);
  const id = audience?.id;
  const changed = steps.past.past.length > 0 || start.drafted;

  useKeys(steps);
  useEffect(() => {
    if (isEmpty(tree) && !words.name && !id) {
      dropDraft();
    } else if (changed || words !== start.words) {
      keepDraft(id, { tree, words });
    }
  }, [tree, words]);

  const builder = { tree, edit, fields, total, found, names, audience: id, refused,
    showDistribution: (name) => {
      setField(name);
      document.querySelector('#distribution button').focus();
    } };

  function askToSave() {
    const [first] = incomplete(tree);

    setRefused(first?.id ?? null);
    if (first) {
      const text = t('build.complete_first',
        { what: sentence(first, fields) });

      frame.current.querySelector(`[data-node="${first.id}"] [data-value]`)?.focus();
      announce(text);
      toast(text, { kind: 'bad' });
      return;
    }
    setSaving(true);
  }

  function saved(now) {
    dropDraft(id);
    toast(t(id ? 'build.changed' : 'build.created', { name: now.name }));
    go(`/audiences/${now.id}`);
  }

  function clear() {
    const empty = group();

    edit(empty, { focus: empty.id });
    // What was there, whatever is done meanwhile.
    toast(t('build.cleared'), { action: t('common.undo'),
      onAction: () => edit(tree) });
  }

  return html`
    ${start.drafted && html`<${Note} kind="info" action=${t('build.start_anew')}
      onAction=${() => { dropDraft(id); start.anew(); }}>${t('build.draft')}<//>`}
    <div class="build" ref=${frame}>
      <section class="card build-filter" aria-labelledby="filter-title">
        <div class="tools">
          <h2 id="filter-title">${t('build.filters')}</h2>
          <${History} ...${steps} />
          <button type="button" class="quiet-button" disabled=${isEmpty(tree)}
            onClick=${clear}>${t('build.clear')}</button>
        </div>
        <${Refusal} found=${found} tree=${tree} />
        ${isEmpty(tree) && html`<p class="quiet">${t('build.begin')}</p>`}
        <${Group} node=${tree} builder=${builder} root />
        ${size(tree) > maxConditions * 0.9 && html`<p class="quiet small">
          ${t('build.used', { count: size(tree), limit: maxConditions })}</p>`}
      </section>
      <aside class="build-side" aria-label=${t('build.result')}>
        <div class="card build-size">
          <${Size} found=${found} />
          <div class="build-actions">
            <button type="button" disabled=${isEmpty(tree)} onClick=${askToSave}>
              ${t('build.create')}</button>
            <button type="button" class="secondary"
              onClick=${() => goBack('/audiences')}>${t('common.cancel')}</button>
          </div>
        </div>
        ${field && html`<${Distribution} filter=${found.filter}
          field=${field} fields=${fields} total=${total} onField=${setField}
          onAdd=${(node) => edit(insert(tree, tree.id, node), { focus: node.id })} />`}
      </aside>
      <div class="build-people">
        <${People} found=${found} fields=${fields} columns=${columns}
          onChoose=${chooseColumns} />
      </div>
    </div>
    ${saving && html`<${Save} audience=${audience} filter=${found.filter}
      count=${found.answer?.count} words=${words} onWords=${setWords}
      onSaved=${saved} onClose=${() => setSaving(false)} />`}`;
}


// --- what it begins with -------------------------------------------------------------

// What the address gives may be anything.
function treeOf(query) {
  try {
    return fromFilter(JSON.parse(query.get('filter')));
  } catch {
    return group();
  }
}


// A draft goes before what was saved; the address's filter before the draft of a
// new audience.
function beginning(audience, query, fields) {
  const draft = query.get('filter') ? null : readDraft(audience?.id);
  const words = { name: audience?.name ?? '',
    description: audience?.description ?? '' };

  return draft ? { tree: refreshed(draft.tree), words: draft.words, drafted: true }
    : { words, drafted: false,
        tree: withNumbers(audience ? fromFilter(audience.filter) : treeOf(query),
          (name) => fields.get(name)?.type === 'number') };
}


function useAudience(id) {
  return useResource((options) => id
    ? api.get(`/v1/audiences/${id}`, {}, options) : Promise.resolve(null), [id]);
}


export default function Build() {
  const { query } = place.value;
  const given = query.get('audience');
  const id = given && (isId(given) ? given : 'unknown');
  const [round, setRound] = useState(0);
  const audience = useAudience(id);
  const data = useFields();
  const problem = audience.problem ?? data.problem;

  useFieldTexts();
  useEffect(() => { loadTexts('problems'); }, []);

  const ready = data.fields && (!id || audience.data);
  const title = id && audience.data
    ? t('build.title_of', { name: audience.data.name }) : t('build.title');

  return html`<${Page} title=${title} lead=${t('build.lead')}
    back=${id && { href: '/audiences', label: t('build.back') }}>
    ${problem && !ready && html`<${ProblemNote} problem=${problem}
      onRetry=${audience.problem ? audience.reload : data.reload} />`}
    ${ready ? audience.data?.type === 'automatic'
      ? html`<${Note} kind="warn">${t('build.fixed')}<//>`
      : html`<${Begun} key=${`${id} ${round}`} audience=${audience.data}
          query=${query} fields=${data.fields} total=${data.total}
          onAnew=${() => setRound(round + 1)} />`
      : !problem && html`<div class="card"><${Skeleton} lines="8" /></div>`}
  <//>`;
}


function Begun({ onAnew, audience, query, fields, ...more }) {
  const [start] = useState(() =>
    ({ ...beginning(audience, query, fields), anew: onAnew }));

  return html`<${Builder} audience=${audience} start=${start} fields=${fields}
    ...${more} />`;
}
