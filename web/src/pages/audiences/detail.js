// One audience: who is in it and why, how it changes, what to send, its exports.

import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { api } from '../../api.js';
import { dateTime, number, percent, t } from '../../language.js';
import { go } from '../../router.js';
import { useResource } from '../../resource.js';
import { EmptyState, Icon, Menu, Page, ProblemNote, Skeleton, useFieldTexts }
  from '../../ui/index.js';
import { Actions, actionsOf } from './actions.js';
import { Copies } from './copies.js';
import { Explanation } from './explanation.js';
import { Exports } from './exports.js';
import { FilterWords } from './filter_words.js';
import { Distributions } from './distributions.js';
import { Overlaps } from './overlaps.js';
import { Sizes } from './sizes.js';
import { Type } from './type.js';
import { Characteristics, Description } from './words.js';


const back = () => ({ href: '/audiences', label: t('audiences.title') });


function Gone() {
  return html`<${Page} title=${t('audiences.one')} back=${back()}>
    <section class="card"><${EmptyState} icon="audience"
      title=${t('audiences.gone')}>
      <a href="/audiences">${t('audiences.gone_back')}</a><//></section>
  <//>`;
}


// How well a group was found again in resampled data, as a word.
function stability(value) {
  return value >= 0.75 ? 'high' : value >= 0.6 ? 'middle' : 'low';
}


function Figure({ name, value, note }) {
  return html`<div class="stat"><dt>${name}</dt>
    <dd><strong>${value}</strong>${note && html`<span class="quiet small">
      ${note}</span>`}</dd></div>`;
}


// nginx counts these by itself, also while the worker is away.
function usePeople(id) {
  return useResource((options) => api.post('/v1/query',
    { filter: { audience: id }, limit: 0 }, options), [id]).data;
}


function Figures({ item, people }) {
  const automatic = item.type === 'automatic';
  const count = people?.count ?? item.count;
  const word = automatic && stability(item.stability);

  return html`<section class="card" aria-label=${t('audiences.figures')}>
    <dl class="stats">
      <${Figure} name=${t('audiences.size')}
        value=${count === null ? '–' : number(count)}
        note=${automatic && count !== null && count < item.size
          && t('audiences.size_then', { size: item.size })} />
      <${Figure} name=${t('audiences.share')}
        value=${people ? percent(people.total ? people.count / people.total : 0)
          : '–'}
        note=${people && t('audiences.share_of', { count: people.total })} />
      ${automatic && html`<${Figure} name=${t('audiences.stability')}
        value=${t(`audiences.stability_${word}`)}
        note=${t(`audiences.stability_${word}_text`)} />`}
    </dl>
  </section>`;
}


function Made({ item }) {
  return html`<${Type} item=${item} />${' '}
    ${item.created_by ? t('audiences.made_by', { by: item.created_by,
      at: dateTime(item.created_at) })
      : t('audiences.made', { at: dateTime(item.created_at) })}
    ${item.updated_at
      && ` · ${t('audiences.changed', { at: dateTime(item.updated_at) })}`}
    ${item.segmentation && html`${' · '}
      <a href=${`/segmentation/${item.segmentation}`}>${t('audiences.run')}</a>`}`;
}


function Buttons({ item, onAction }) {
  const [exporting, ...others] = actionsOf(item, onAction);

  return html`<button type="button" onClick=${exporting.onSelect}>
      <${Icon} name="download" size="18" />${exporting.label}</button>
    ${item.type === 'manual' && html`<a class="button secondary"
      href=${`/build?audience=${item.id}`}>${t('audiences.edit')}</a>`}
    <${Menu} label=${t('audiences.menu_of', { name: item.name })}
      items=${others.filter(({ icon }) => icon !== 'filter')} />`;
}


function Fields({ item }) {
  return item.type === 'automatic'
    ? html`<${Explanation} item=${item} />`
    : html`<section class="card" aria-labelledby="fields-title">
        <h2 id="fields-title">${t('audiences.fields')}</h2>
        <${FilterWords} filter=${item.filter} />
        <${Distributions} item=${item} />
      </section>`;
}


// change({ name: … }) of what was edited here.
function Whole({ item, change }) {
  const people = usePeople(item.id);
  const [action, setAction] = useState(null);
  const [exports, setExports] = useState(0);

  function done(result) {
    if (result.deleted) {
      go('/audiences', { replace: true });
    } else {
      change(result.item);
      setExports((n) => n + 1);
    }
  }

  return html`<${Page} title=${item.name} back=${back()}
    lead=${html`<${Made} item=${item} />`}
    actions=${html`<${Buttons} item=${item} onAction=${setAction} />`}>
    <${Figures} item=${item} people=${people} />
    <div class="columns">
      ${item.type === 'automatic'
        && html`<${Characteristics} item=${item} onChange=${change} />`}
      <${Description} item=${item} onChange=${change} />
    </div>
    <${Fields} item=${item} />
    <${Overlaps} item=${item} />
    <${Sizes} item=${item} people=${people} />
    ${item.type === 'automatic' && html`<${Copies} item=${item} />`}
    <${Exports} item=${item} again=${exports}
      onExport=${() => setAction({ what: 'export', item })} />
    <${Actions} action=${action} onClose=${() => setAction(null)}
      onDone=${done} />
  <//>`;
}


// What can be told where it could not be loaded.
function Missing({ id, problem, reload }) {
  const people = usePeople(id);

  return html`<${Page} title=${t('audiences.one')} back=${back()}>
    ${people && html`<${Figures} item=${{ count: null }} people=${people} />`}
    <${ProblemNote} problem=${problem} onRetry=${reload} />
  <//>`;
}


export function Audience({ id }) {
  const { data: item, problem, reload, set } = useResource((options) =>
    api.get(`/v1/audiences/${id}`, {}, options), [id]);

  useFieldTexts();
  if (item) {
    return html`<${Whole} item=${item}
      change=${(changed) => set({ ...item, ...changed })} />`;
  }
  return problem?.status === 404 ? html`<${Gone} />`
    : problem ? html`<${Missing} id=${id} problem=${problem} reload=${reload} />`
      : html`<${Page} title=${t('audiences.one')} back=${back()}>
          <${Skeleton} lines="6" /><//>`;
}
