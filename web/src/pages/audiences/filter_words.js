// A filter as a person would say it, nested as it is.

import { html } from '../../html.js';
import { api } from '../../api.js';
import { date, list, number, t } from '../../language.js';
import { useResource } from '../../resource.js';
import { fieldName } from '../../ui/index.js';


// A day is the same day wherever it is read.
function oneValue(value) {
  const day = /^(\d{4})-(\d\d)-(\d\d)$/.exec(value);

  if (typeof value === 'number') {
    return number(value, { maximumFractionDigits: 6 });
  }
  if (typeof value === 'boolean') {
    return t(value ? 'audiences.yes' : 'audiences.no');
  }
  return day ? date(new Date(+day[1], day[2] - 1, +day[3])) : `“${value}”`;
}


function valueWords({ op, value }) {
  if (op === 'between') {
    return t('audiences.value_between', { from: oneValue(value[0]),
      to: oneValue(value[1]) });
  }
  if (op === 'within_last' || op === 'not_within_last') {
    return t('audiences.value_days', { count: value });
  }
  return Array.isArray(value) ? list(value.map(oneValue))
    : value === undefined ? '' : oneValue(value);
}


function AudienceName({ id }) {
  const { data } = useResource((options) =>
    api.get(`/v1/audiences/${id}`, {}, options), [id]);

  return html`<a href=${`/audiences/${id}`}>${data?.name ?? id}</a>`;
}


function Condition({ node }) {
  return html`<strong>${fieldName(node.field)}</strong>${' '}
    ${t(`audiences.op_${node.op}`)}${' '}
    <span class="value">${valueWords(node)}</span>`;
}


function Group({ nodes, words }) {
  return nodes.length === 1 ? html`<${Node} node=${nodes[0]} />`
    : html`<span class="quiet">${words}</span>
      <ul>${nodes.map((node, i) => html`<li key=${i}>
        <${Node} node=${node} /></li>`)}</ul>`;
}


function Node({ node }) {
  if (node.all) {
    return node.all.length === 0 ? t('audiences.everybody')
      : html`<${Group} nodes=${node.all} words=${t('audiences.all_of')} />`;
  }
  if (node.any) {
    return node.any.length === 0 ? t('audiences.nobody')
      : html`<${Group} nodes=${node.any} words=${t('audiences.any_of')} />`;
  }
  if (node.not) {
    return html`<span class="quiet">${t('audiences.not')}</span>${' '}
      <${Node} node=${node.not} />`;
  }
  return node.audience
    ? html`${t('audiences.is_in')}${' '}<${AudienceName} id=${node.audience} />`
    : html`<${Condition} node=${node} />`;
}


export function FilterWords({ filter }) {
  return html`<div class="filter-words breaks"><${Node} node=${filter} /></div>`;
}


// The fields of a filter, each once, in the order in which they stand there.
export function fieldsOf(node) {
  const children = node.all ?? node.any ?? (node.not ? [node.not] : []);
  const own = node.field ? [node.field] : [];

  return [...new Set([...own, ...children.flatMap(fieldsOf)])];
}
