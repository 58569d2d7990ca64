// A filter in words.

import { date, list, number, t } from '../../language.js';
import { fieldName } from '../../ui/index.js';
import { arity } from './filter.js';


export function operatorName(op, type) {
  const dated = type === 'date' && ['equals', 'not_equals'].includes(op);

  return t(`build.op_${dated ? `${op}_day` : op}`);
}


// Days are told as the language has them; what is no day stays as it is.
function oneValue(value, type) {
  if (typeof value === 'boolean') {
    return t(value ? 'build.yes' : 'build.no');
  }
  if (typeof value === 'number') {
    return number(value, { maximumFractionDigits: 10 });
  }
  return type === 'date' && /^\d{4}-\d\d-\d\d$/.test(value)
    ? date(`${value}T12:00:00`) : String(value);
}


export function valueText({ op, value }, type) {
  const kind = arity(op);

  if (kind === 'none' || value === undefined) {
    return '';
  }
  if (kind === 'days') {
    return t('build.days', { count: value });
  }
  return Array.isArray(value)
    ? list(value.filter((one) => one !== undefined && one !== '')
      .map((one) => oneValue(one, type)))
    : oneValue(value, type);
}


// "Cidade é igual a Santos"
export function sentence(node, fields) {
  if (node.kind === 'audience') {
    return `${t(node.not ? 'build.not_member' : 'build.member')} ${
      node.name ?? node.audience}`;
  }
  if (node.kind === 'group') {
    return t(`build.group_${node.not ? 'not_' : ''}${node.any ? 'any' : 'all'}`);
  }

  const type = fields.get(node.field)?.type;

  return [fieldName(node.field), operatorName(node.op, type),
    valueText(node, type)].filter(Boolean).join(' ');
}
