// The page of manual segmentation, as stories use it:
//
//   const b = builder({ page, say, language });
//
//   await open('/build');
//   await b.size(181);
//   await b.add('city');                 // by its name in the API
//   await page.keyboard.type('santos');  // the input has the focus
//   await b.finds({ all: [{ field: 'city', op: 'equals', value: 'santos' }] });
//
// Nothing here looks once at what may still change: it waits until it is so.

import { until } from './stories.mjs';

const named = ['phoneNumber', 'email', 'taxDocument', 'name', 'city', 'address',
  'created_at', 'updated_at', 'sources', 'purchaseIntention', 'priceSensitivity',
  'sentiment'];


// What a server answers, asked by the page itself.
export async function ask(page, path, { method = 'GET', body } = {}) {
  return page.evaluate(async ([where, options]) => {
    const answer = await fetch(where, options);

    return answer.status === 204 ? null : answer.json();
  }, [path, { method, body: body && JSON.stringify(body) }]);
}


export async function countOf(page, filter) {
  const { count } = await ask(page, '/v1/query',
    { method: 'POST', body: { filter, limit: 0 } });

  return count;
}


// Numbers, shares and days as a language writes them.
function writing(language) {
  const number = (n) => new Intl.NumberFormat(language,
    { maximumFractionDigits: 10 }).format(n);
  // Tenths where whole percents would say nothing.
  const percent = (n) => new Intl.NumberFormat(language, { style: 'percent',
    maximumFractionDigits: n < 0.01 || n > 0.99 ? 1 : 0 }).format(n);

  return {
    number,
    percent: (n) => n > 0 && n < 0.0005 ? `< ${percent(0.001)}`
      : n < 1 && n >= 0.9995 ? `> ${percent(0.999)}` : percent(n),
    day: (text) => new Intl.DateTimeFormat(language, { dateStyle: 'medium' })
      .format(new Date(`${text}T12:00:00`)),
    month: (text) => new Intl.DateTimeFormat(language, { month: 'short',
      year: 'numeric' }).format(new Date(`${text}T12:00:00`)),
    list: (words) => new Intl.ListFormat(language, { type: 'conjunction' })
      .format(words),
  };
}


// A text whose spaces are all alike.
export function even(text) {
  return text.replace(/\s+/g, ' ').trim();
}


function texts(locator) {
  return locator.evaluateAll((all) =>
    all.map((one) => one.innerText.replace(/\s+/g, ' ').trim()));
}


export function builder({ page, say, language }) {
  const write = writing(language);
  const options = page.locator('.options [role=option]');
  const chosen = page.locator('.options [role=option][aria-selected=true]');
  const dialog = page.getByRole('dialog');
  const input = page.locator('[data-value]');   // not the list below it
  const name = (field) => named.includes(field) ? say(`fields.${field}`) : field;
  const button = (key, inside = page.locator('main')) =>
    inside.getByRole('button', { name: say(key), exact: true });
  const about = (key, values) =>
    page.getByLabel(say(`build.${key}`, values), { exact: true });
  const part = (at) => page.locator('.part').nth(at);
  const parts = (count) => until(() => page.locator('.part').count(), count);
  const size = (count) => page.locator('.size:not(.settling) .size-count')
    .and(page.getByText(write.number(count), { exact: true })).waitFor();

  // Waits until Enter takes the option of this name, then presses it.
  async function take(label) {
    await chosen.locator('.option-label')
      .and(page.getByText(label, { exact: true })).waitFor();
    await page.keyboard.press('Enter');
    await until(() => options.count(), 0);
  }

  return {
    write, options, chosen, dialog, name, button, part, parts, size, take,

    heading: (text) => page.getByRole('heading', { level: 1, name: text,
      exact: true }).waitFor(),

    // What stands in the menu of a group's button, once it has the focus.
    find: async (text, inside = page.locator('.build-filter')) => {
      await button('build.add', inside).last().click();
      await page.getByRole('combobox', { name: say('build.search_field') })
        .fill(text);
    },

    // Chooses a field; a new condition's input has the focus then.
    add: async (field, inside = page.locator('.build-filter')) => {
      const count = await page.locator('.part').count();

      await button('build.add', inside).last().click();
      await page.getByRole('combobox', { name: say('build.search_field') })
        .fill(name(field));
      await take(name(field));
      await parts(count + 1);
      await page.locator('.part [data-value]:focus').waitFor();
    },

    count: (filter) => countOf(page, filter),

    // Waits until as many are told as a filter finds.
    finds: async (filter) => size(await countOf(page, filter)),

    operator: (field) => about('operator_of', { name: name(field) }),
    value: (field) => input.and(about('value_of', { name: name(field) })),
    bounds: (field) => ['from', 'to'].map((one) => input.and(page.getByLabel(
      `${say('build.value_of', { name: name(field) })}: ${say(`build.${one}`)}`,
      { exact: true }))),
    group: () => about('group_of'),
    connector: () => about('connect'),

    // "City Equals Santos", as a part is called.
    called: (field, op, ...values) =>
      [name(field), say(`build.op_${op}`), ...values].join(' '),
    remove: (what) => about('remove', { what }),
    more: (what) => about('more_of', { what }),

    // What the list says below an input: each value with its count.
    offers: async (field, q) => {
      const { items } = await ask(page, `/v1/fields/${
        encodeURIComponent(field)}/values?limit=50&q=${encodeURIComponent(q)}`);

      await until(() => texts(options), items.map(({ value, count }) =>
        even(`${value} ${write.number(count)}`)));
      return items;
    },

    // Waits until each part tells so many people of so many.
    counts: (total, ...counts) => until(() => texts(page.locator('.part-count')),
      counts.map((count) => even(`${say('build.people', { count })} ${
        write.percent(count / total)}`))),

    // Waits until the distribution of a field is told: each value, how many
    // have it, their share and the base's; of ranges all but their names.
    shares: async (field, filter) => {
      const { values, ranges, inside, base } = await ask(page, '/v1/distribution',
        { method: 'POST', body: { filter, field, limit: 15 } });
      const share = (part, whole) => write.percent(whole ? part / whole : 0);
      const all = (values ?? ranges).map((one) => [...values ? [one.value] : [],
        write.number(one.inside), share(one.inside, inside.filled),
        share(one.base, base.filled)].map(even));

      await until(() => page.locator('.dist tbody tr').evaluateAll(
        (rows, [from, length]) => rows.slice(0, length).map((row) =>
          [...row.children].slice(from).map((cell) =>
            cell.innerText.replace(/\s+/g, ' ').trim())),
        [values ? 0 : 1, all.length]), all);
    },

    // Fills the dialog and saves; gives the audience as it is then.
    save: async ({ called, described }) => {
      await dialog.getByLabel(say('build.name'), { exact: true }).fill(called);
      if (described !== undefined) {
        await dialog.getByLabel(say('build.description'), { exact: true })
          .fill(described);
      }
      await button('build.create', dialog).click();
      await page.waitForURL(/\/audiences\/aud_/);
      return ask(page, `/v1/audiences/${page.url().split('/').pop()}`);
    },
  };
}
