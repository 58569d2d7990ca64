// Manual segmentation: fields by their kinds, what fits their types, values from
// the data, distributions; numbers and days as each language writes them.

import { check, stories, until } from './lib/stories.mjs';
import { ask, builder, even } from './lib/builder.mjs';

const pages = ['build', 'fields', 'problems'];
const kinds = ['identifier', 'behaviour', 'label', 'extra', 'campaign', 'consent',
  'system'];


// What the menu of fields shows: groups, and in each [name, type and fill rate].
function menu(page) {
  return page.locator('.options .option-group').evaluateAll((groups) =>
    groups.map((group) => [group.firstElementChild.innerText,
      [...group.querySelectorAll('[role=option]')].map((one) =>
        [...one.children].map((part) => part.innerText.replace(/\s+/g, ' ')))]));
}


function label(field, say, b) {
  const [kind, name, what = 'of'] = field.split('.');

  return kind === 'campaign' ? say(`fields.campaign_${what}`, { name })
    : kind === 'extra' ? name : b.name(field);
}


await stories(async ({ each }) => {
  await each('the menu has the fields by their kinds, with type and fill rate',
    pages, async (given) => {
      const { page, open, axe, say } = given;
      const b = builder(given);
      const search = page.getByRole('combobox', { name: say('build.search_field') });

      await open('/build');
      await b.size(181);

      const { items, total } = await ask(page, '/v1/fields');
      const told = ({ type, filled }) =>
        even(`${say(`build.type_${type}`)} · ${b.write.percent(filled / total)}`);

      check(total, 181);
      check([...new Set(items.map(({ kind }) => kind))].sort(), [...kinds].sort());
      await b.find('');
      await until(() => menu(page), kinds.map((kind) => [say(`build.kind_${kind}`),
        items.filter((field) => field.kind === kind).map((field) =>
          [label(field.name, say, b), told(field)])]));
      check(told(items.find(({ name }) => name === 'plano')),
        even(`${say('build.type_text')} · ${b.write.percent(72 / 181)}`));
      await axe();

      // without regard to accents and case; the best stands first
      await search.fill('ULTIMA C');
      await b.chosen.getByText('última compra', { exact: true }).waitFor();
      await until(() => b.options.count(), 1);
      await search.fill(b.name('city').slice(0, 3));
      await b.chosen.getByText(b.name('city'), { exact: true }).waitFor();
      await search.fill('zzz');
      await page.getByText(say('build.no_field')).waitFor();
      await axe();

      // Esc closes it, and the focus is where it was
      await page.keyboard.press('Escape');
      await page.locator('.popover').waitFor({ state: 'detached' });
      check(await page.evaluate(() => document.activeElement.innerText.trim()),
        say('build.add'));
    });

  await each('every type has its own conditions and inputs', pages,
    async (given) => {
      const { page, open, axe, say } = given;
      const b = builder(given);
      const all = [];
      const fits = (field, ops) => until(() => b.operator(field)
        .locator('option').allInnerTexts(), ops.map((op) => say(`build.op_${op}`)));
      const finds = async (filter) => {
        all.push(filter);
        await b.finds({ all });
      };
      const becomes = async (filter) => {
        all.pop();
        await finds(filter);
      };

      await open('/build');
      await b.size(181);

      // days: so many back, a day, from one to another
      await b.add('última compra');
      await fits('última compra', ['within_last', 'not_within_last', 'after',
        'before', 'between', 'not_between', 'equals_day', 'not_equals_day',
        'exists', 'not_exists']);
      await page.keyboard.type('3650');
      await finds({ field: 'última compra', op: 'within_last', value: 3650 });
      await page.getByText(say('build.days_unit', { count: 3650 }),
        { exact: true }).waitFor();
      await b.operator('última compra').selectOption('after');
      check(await b.value('última compra').getAttribute('type'), 'date');
      await b.value('última compra').fill('2025-06-01');
      await becomes({ field: 'última compra', op: 'after', value: '2025-06-01' });
      await b.operator('última compra').selectOption('between');
      await b.bounds('última compra')[0].fill('2025-06-01');
      await b.bounds('última compra')[1].fill('2026-03-31');
      await becomes({ field: 'última compra', op: 'between',
        value: ['2025-06-01', '2026-03-31'] });

      // yes or no: yes is there from the start
      await b.add('gosta de futebol?');
      await fits('gosta de futebol?', ['equals', 'not_equals', 'exists',
        'not_exists']);
      await finds({ field: 'gosta de futebol?', op: 'equals', value: true });
      await b.value('gosta de futebol?').selectOption({ label: say('build.no') });
      await becomes({ field: 'gosta de futebol?', op: 'equals', value: false });

      // numbers: one, or a range that takes over what was there
      await b.add('idade');
      await fits('idade', ['equals', 'not_equals', 'greater_than', 'less_than',
        'between', 'not_between', 'in', 'not_in', 'exists', 'not_exists']);
      await b.operator('idade').selectOption('greater_than');
      check(await b.value('idade').getAttribute('type'), 'number');
      await b.value('idade').fill('20');
      await finds({ field: 'idade', op: 'greater_than', value: 20 });
      await b.operator('idade').selectOption('between');
      await until(() => b.bounds('idade')[0].inputValue(), '20');
      await b.bounds('idade')[1].fill('60');
      await becomes({ field: 'idade', op: 'between', value: [20, 60] });
      await axe();

      // text: its parts, and whether it is there at all
      await b.add('address');
      await fits('address', ['equals', 'not_equals', 'in', 'not_in', 'contains',
        'not_contains', 'starts_with', 'not_starts_with', 'ends_with',
        'not_ends_with', 'exists', 'not_exists']);
      await b.operator('address').selectOption('starts_with');
      await b.value('address').fill('rua');
      await b.value('address').press('Escape');
      await finds({ field: 'address', op: 'starts_with', value: 'rua' });
      await b.operator('address').selectOption('not_exists');
      await b.value('address').waitFor({ state: 'detached' });
      await becomes({ field: 'address', op: 'not_exists' });
      await axe();

      // another field in its place begins anew
      await page.getByRole('button', { exact: true,
        name: say('build.field_is', { name: b.name('address') }) }).click();
      await page.getByRole('combobox', { name: say('build.search_field') })
        .fill('plano');
      await b.take('plano');
      check(await b.operator('plano').inputValue(), 'equals');
      all.pop();
      await b.finds({ all });

      // what cannot be counted yet is no part of it, and cannot be saved
      await page.getByText(say('build.incomplete')).waitFor();
      await b.button('build.create').click();
      await page.locator('.part.wrong').waitFor();
      await page.locator('.part.wrong [data-value]:focus').waitFor();
      check(await b.dialog.count(), 0);
      await b.remove(b.called('plano', 'equals')).click();
      await b.parts(3);
      await b.finds({ all });
    });

  await each('values are offered with their counts, one or several', pages,
    async (given) => {
      const { page, open, axe, say } = given;
      const b = builder(given);
      const chips = () => page.locator('.chip').allInnerTexts();
      const not = (...value) => ({ not: { field: 'plano', op: 'in', value } });

      await open('/build');
      await b.size(181);
      await b.add('city');
      await b.value('city').click();
      check((await b.offers('city', '')).length, 13);
      await page.keyboard.type('sao');
      check((await b.offers('city', 'sao')).map(({ value }) => value),
        ['São Paulo']);
      await b.finds({ field: 'city', op: 'equals', value: 'sao' });
      await page.keyboard.press('ArrowDown');
      await b.take('São Paulo');
      await b.size(40);

      // what nobody has counts anyway: nobody
      await b.value('city').fill('Atlântida');
      await page.getByText(say('build.no_value')).waitFor();
      await b.size(0);
      await page.getByText(say('build.nobody_inside'), { exact: true }).waitFor();
      await page.getByText(say('build.nobody_inside_text')).waitFor();
      await axe();
      await b.value('city').press('Escape');
      await b.button('build.clear').click();
      await b.size(181);

      // several: chosen, typed, taken out
      await b.add('plano');
      await b.operator('plano').selectOption('not_in');
      await b.value('plano').click();
      await b.offers('plano', '');
      await b.options.filter({ hasText: 'Essencial' }).click();
      await until(chips, ['Essencial']);
      await b.value('plano').fill('Premium');
      await b.value('plano').press('Enter');
      await until(chips, ['Essencial', 'Premium']);
      await b.finds(not('Essencial', 'Premium'));
      await axe();
      await b.value('plano').press('Backspace');
      await until(chips, ['Essencial']);
      await b.finds(not('Essencial'));
      await b.value('plano').press('Escape');
      await page.getByRole('button', { exact: true,
        name: say('build.remove_value', { value: 'Essencial' }) }).click();
      await until(chips, []);
      await page.getByText(say('build.incomplete')).waitFor();
      await b.size(181);
    });

  await each('numbers and days are written as the language writes them', pages,
    async (given) => {
      const { page, open, axe, say } = given;
      const b = builder(given);
      const group = (...what) => page.getByRole('group',
        { name: b.called(...what), exact: true }).waitFor();
      const marks = { field: 'nota', op: 'between', value: [1.5, 7.25] };
      const since = { field: 'cadastro', op: 'after', value: '2025-06-15' };

      await open('/build');
      await b.size(12345);
      await page.getByText(say('build.of_people_words', { total: 12345 }),
        { exact: true }).waitFor();
      await b.add('grupo');
      await b.value('grupo').click();
      check((await b.offers('grupo', ''))[0], { value: 'muitos', count: 9876 });
      await page.keyboard.press('ArrowDown');
      await b.take('muitos');
      await b.size(9876);
      await b.counts(12345, 9876);
      await b.shares('cadastro', { field: 'grupo', op: 'equals', value: 'muitos' });
      await until(async () => even(await page.locator('.dist tbody th').first()
        .innerText()), b.write.month('2025-01-01'));
      await b.button('build.clear').click();
      await b.size(12345);

      await b.add('nota');
      await b.operator('nota').selectOption('in');
      for (const mark of [1.5, 3]) {
        await b.value('nota').fill(`${mark}`);
        await b.value('nota').press('Enter');
        await page.locator('.chip').and(page.getByText(b.write.number(mark),
          { exact: true })).waitFor();
      }
      await b.finds({ field: 'nota', op: 'in', value: [1.5, 3] });
      await b.operator('nota').selectOption('between');
      await b.bounds('nota')[0].fill('1.5');
      await b.bounds('nota')[1].fill('7.25');
      await group('nota', 'between', b.write.list([1.5, 7.25].map(b.write.number)));
      await b.finds(marks);
      await b.add('cadastro');
      await b.operator('cadastro').selectOption('after');
      await b.value('cadastro').fill('2025-06-15');
      await group('cadastro', 'after', b.write.day('2025-06-15'));
      await b.finds({ all: [marks, since] });

      const { profiles } = await ask(page, '/v1/query', { method: 'POST',
        body: { filter: { all: [marks, since] }, limit: 10, fields: ['cadastro'] } });

      await b.button('build.columns').click();
      await b.dialog.getByLabel('cadastro', { exact: true }).check();
      await b.button('common.close', b.dialog.locator('footer')).click();
      await until(() => page.locator('.build-people tbody tr').evaluateAll((rows) =>
        rows.map((row) => row.lastElementChild.innerText)),
      profiles.map(({ fields }) => b.write.day(fields.cadastro)));
      await axe();
    }, { tenant: 'large' });

  await each('a distribution leads to a condition', pages, async (given) => {
    const { page, open, axe, say } = given;
    const b = builder(given);
    const field = page.getByRole('button', { name: new RegExp(`^${
      say('build.distribution_field', { name: '(.*)' }).replace('.)', '.*)')}$`) });
    const row = page.locator('.dist tbody tr').nth(2);
    const shown = async (name) => {
      await field.click();
      await page.getByRole('combobox', { name: say('build.search_field') })
        .fill(name);
      await b.take(name);
    };

    await open('/build');
    await b.size(181);
    await shown('idade');
    await row.getByRole('button', { exact: true,
      name: say('build.range', { from: 25, to: 29 }) }).waitFor();
    await b.shares('idade', { all: [] });

    const count = Number(await row.locator('td').first().innerText());

    await axe();
    await row.getByRole('button').click();
    await b.size(count);
    await until(() => b.bounds('idade')[0].inputValue(), '25');
    await until(() => b.bounds('idade')[1].inputValue(), '29');
    await b.shares('idade', { field: 'idade', op: 'between', value: [25, 29] });

    // a condition's own field, from its menu
    await b.add('plano');
    await page.keyboard.type('Essencial');
    await page.keyboard.press('Escape');
    await b.more(b.called('plano', 'equals', 'Essencial')).click();
    await page.getByRole('menuitem',
      { name: say('build.distribution_of', { name: 'plano' }) }).click();
    await b.shares('plano', { all: [
      { field: 'idade', op: 'between', value: [25, 29] },
      { field: 'plano', op: 'equals', value: 'Essencial' }] });

    // of a field that nobody has
    await shown(b.name('priceSensitivity'));
    await page.getByText(say('build.nobody_has')).waitFor();

    // columns of the list of people
    const address = page.getByRole('columnheader',
      { name: b.name('address'), exact: true });

    await b.button('build.columns').click();
    await b.dialog.getByLabel(b.name('address'), { exact: true }).check();
    await axe();
    await page.keyboard.press('Escape');
    await address.waitFor();
    await page.reload();
    await address.waitFor();
  });
});
