// Inputs for what a condition compares with: by its type and operator.

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { html } from '../../html.js';
import { number, t } from '../../language.js';
import { Combobox, Icon } from '../../ui/index.js';
import { useValues } from './data.js';
import { arity } from './filter.js';


function options(data, except = []) {
  return (data?.items ?? [])
    .filter(({ value }) => !except.some((one) => String(one) === value))
    .map(({ value, count }) => ({ key: value, label: value, note: number(count) }));
}


// Numbers as the language has them; what was typed otherwise stays so.
function shown(value) {
  return typeof value === 'number'
    ? number(value, { maximumFractionDigits: 10 }) : String(value);
}


function message({ data, pending, problem }) {
  return problem ? problem.message
    : !data && pending ? t('common.loading') : t('build.no_value');
}


// Values that are there are offered; others can be typed.
function TextValue({ field, label, value = '', onValue }) {
  const [near, setNear] = useState(false);
  const values = useValues(field, value, near);

  return html`<${Combobox} label=${label} text=${String(value)} data-value
    placeholder=${t('build.value_hint')} onFocus=${() => setNear(true)}
    onText=${(text) => onValue(text, 'typing')}
    options=${near ? options(values.data) : []} message=${message(values)}
    onPick=${({ key }) => onValue(key)} />`;
}


function ListValue({ field, label, value = [], onValue, number: numeric }) {
  const [text, setText] = useState('');
  const [near, setNear] = useState(false);
  const values = useValues(field, text, near);

  function add(one) {
    const given = numeric && one !== '' && !Number.isNaN(Number(one))
      ? Number(one) : one.trim();

    setText('');
    if (given !== '' && !value.includes(given)) {
      onValue([...value, given]);
    }
  }

  function onKeyDown(event) {
    if (event.key === 'Backspace' && text === '' && value.length) {
      onValue(value.slice(0, -1));
    }
  }

  return html`<div class="chips" onKeyDown=${onKeyDown}>
    ${value.map((one) => html`<span class="chip" key=${one}>${shown(one)}
      <button type="button" class="icon-button"
        aria-label=${t('build.remove_value', { value: shown(one) })}
        onClick=${() => onValue(value.filter((other) => other !== one))}>
        <${Icon} name="close" size="14" /></button></span>`)}
    <${Combobox} label=${label} text=${text} onText=${setText} data-value
      placeholder=${t('build.add_value')} onFocus=${() => setNear(true)}
      options=${near ? options(values.data, value) : []}
      message=${message(values)} onPick=${({ key }) => add(key)}
      onEnter=${add} onBlur=${() => add(text)} />
  </div>`;
}


// The number as a person has it while typing; the filter has it once it is one.
function NumberValue({ label, value, onValue, ...more }) {
  const [text, setText] = useState(value ?? '');

  const told = useRef(value);

  // Before the next key: what is typed at once must not be taken back.
  useLayoutEffect(() => {
    if (value !== told.current) {
      told.current = value;
      setText(value ?? '');
    }
  }, [value]);

  function typed({ target }) {
    told.current = target.value === '' ? undefined : Number(target.value);
    setText(target.value);
    onValue(told.current, 'typing');
  }

  return html`<input type="number" step="any" inputmode="decimal" data-value
    aria-label=${label} placeholder=${t('build.number')} value=${text}
    onInput=${typed} ...${more} />`;
}


function DateValue({ label, value, onValue }) {
  const day = /^\d{4}-\d\d-\d\d/.exec(value ?? '')?.[0] ?? '';

  return html`<input type="date" aria-label=${label} data-value value=${day}
    onInput=${({ target }) => onValue(target.value || undefined, 'typing')} />`;
}


function YesNo({ label, value, onValue }) {
  const now = value === true || value === 'true' ? 'true'
    : value === false || value === 'false' ? 'false' : '';

  return html`<select aria-label=${label} data-value value=${now}
    onChange=${({ target }) => onValue(target.value === ''
      ? undefined : target.value === 'true')}>
    <option value="">${t('build.choose')}</option>
    <option value="true">${t('build.yes')}</option>
    <option value="false">${t('build.no')}</option>
  </select>`;
}


function Days({ label, value, onValue }) {
  return html`<div class="days">
    <${NumberValue} label=${label} value=${value} onValue=${onValue} min="1"
      step="1" max="36500" />
    <span>${t('build.days_unit', { count: value ?? 0 })}</span>
  </div>`;
}


function isTyped(type, value) {
  return value === undefined || value === '' || (type === 'number'
    ? typeof value === 'number' : /^\d{4}-\d\d-\d\d$/.test(value));
}


// A value that came from the API in another form, such as "1.234,56", is kept
// as a text until it is changed.
function One({ type, field, ...more }) {
  if (type === 'yes_no' && (more.value === undefined
                            || typeof more.value === 'boolean')) {
    return html`<${YesNo} ...${more} />`;
  }
  if (['number', 'date'].includes(type) && isTyped(type, more.value)) {
    return html`<${type === 'number' ? NumberValue : DateValue} ...${more} />`;
  }
  return html`<${TextValue} field=${field} ...${more} />`;
}


function Pair({ value = [], onValue, label, ...more }) {
  const [from, to] = value;

  return html`<div class="pair">
    <${One} ...${more} label=${`${label}: ${t('build.from')}`} value=${from}
      onValue=${(one, mark) => onValue([one, to], mark)} />
    <span aria-hidden="true">${t('build.and')}</span>
    <${One} ...${more} label=${`${label}: ${t('build.to')}`} value=${to}
      onValue=${(one, mark) => onValue([from, one], mark)} />
  </div>`;
}


// onValue(value, mark): changes of one mark are undone together.
export function Value({ node, type, label, onValue }) {
  const all = { field: node.field, type, label, value: node.value, onValue };

  switch (arity(node.op)) {
    case 'none': return null;
    case 'list': return html`<${ListValue} ...${all} number=${type === 'number'} />`;
    case 'pair': return html`<${Pair} ...${all} />`;
    case 'days': return html`<${Days} ...${all} />`;
    default: return html`<${One} key=${type} ...${all} />`;
  }
}
