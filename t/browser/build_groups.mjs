// Manual segmentation: groups in groups, except those, people of other audiences;
// taken away, undone; all of it by keyboard.

import { check, stack, stories, until } from './lib/stories.mjs';
import { ask, builder } from './lib/builder.mjs';

const pages = ['build', 'fields', 'problems'];
const santos = { field: 'city', op: 'equals', value: 'santos' };
const client = { field: 'Status do Lead', op: 'equals', value: 'cliente' };
const football = { field: 'gosta de futebol?', op: 'equals', value: true };
const between = (from, to) =>
  ({ field: 'idade', op: 'between', value: [from, to] });
const plan = (value) => ({ field: 'plano', op: 'equals', value });


async function audience(page, name, filter) {
  const { id } = await ask(page, '/v1/audiences',
    { method: 'POST', body: { name, filter } });

  await stack.wait_visible();
  return id;
}


// Tab by Tab to what is called so.
async function tabTo(page, name) {
  for (let i = 0; i < 200; i += 1) {
    const now = await page.evaluate(() => {
      const { activeElement: a } = document;

      return a.getAttribute('aria-label') ?? a.innerText.trim();
    });

    if (now === name) {
      return;
    }
    await page.keyboard.press('Tab');
  }
  throw new Error(`nothing leads to ${name}`);
}


await stories(async ({ each }) => {
  await each('the keyboard alone builds a nested filter', pages, async (given) => {
    const { page, open, say, language } = given;
    const b = builder(given);
    const { keyboard } = page;
    const called = `Assinantes ${language}`;
    const to = (key, values) => tabTo(page, say(`build.${key}`, values));
    const field = async (name) => {
      await keyboard.press('Enter');
      await page.getByRole('combobox', { name: say('build.search_field') }).and(
        page.locator(':focus')).waitFor();
      await keyboard.type(name);
      await b.take(name);
      await page.locator('.part [data-value]:focus').waitFor();
    };

    await open('/build');
    await b.size(181);

    const id = await audience(page, called, { field: 'plano', op: 'exists' });

    // a value that is offered, in the whole filter
    await to('add');
    await field('plano');
    await keyboard.type('ess');
    await b.offers('plano', 'ess');
    await keyboard.press('ArrowDown');
    await b.take('Essencial');
    await b.finds(plan('Essencial'));

    // a group within, with yes or no, a range, days
    await to('add_group');
    await keyboard.press('Enter');
    await page.locator('.part-group :focus').waitFor();
    await field('gosta de futebol?');
    await to('add');
    await field('idade');
    await keyboard.type('30');
    await keyboard.press('Tab');
    await keyboard.type('50');
    await to('add');
    await field('última compra');
    await keyboard.press('Shift+Tab');          // its conditions
    await keyboard.press('ArrowDown');
    await keyboard.press('ArrowDown');
    await until(() => b.operator('última compra').inputValue(), 'after');
    await keyboard.press('Tab');
    await keyboard.type('05052025');            // in any order of day and month
    await until(() => b.value('última compra').inputValue(), '2025-05-05');

    const days = { field: 'última compra', op: 'after', value: '2025-05-05' };
    const any = { any: [football, between(30, 50), days] };

    await b.finds({ all: [plan('Essencial'), any] });

    // all but those of the group, who are in an audience
    for (let i = 0; i < 200 && !(await b.group().evaluate((one) =>
      one === document.activeElement)); i += 1) {
      await keyboard.press('Shift+Tab');
    }
    await keyboard.press('ArrowDown');
    await keyboard.press('ArrowDown');
    await until(() => b.group().inputValue(), 'not_any');
    await to('clear');
    for (let i = 0; i < 2; i += 1) {
      await to('add_audience');
      await keyboard.press(i === 0 ? 'Tab' : 'Enter');
    }
    await keyboard.type(called);
    await b.take(called);
    await b.parts(6);

    const filter = { all: [plan('Essencial'), { not: any }, { audience: id }] };

    await b.finds(filter);

    // one is removed; keys undo that and do it again
    await to('clear');
    await to('remove', { what: b.called('gosta de futebol?', 'equals',
      say('build.yes')) });
    await keyboard.press('Enter');
    await b.parts(5);

    const less = { all: [plan('Essencial'),
      { not: { any: [between(30, 50), days] } }, { audience: id }] };

    await b.finds(less);
    await to('group_of');
    await keyboard.press('Control+z');
    await b.parts(6);
    await b.finds(filter);
    await keyboard.press('Control+Shift+Z');
    await b.parts(5);
    await keyboard.press('Control+z');
    await b.parts(6);
    await keyboard.press('Control+y');
    await b.parts(5);
    await b.finds(less);

    // all are, and are there again
    await to('clear');
    await keyboard.press('Enter');
    await b.parts(0);
    await b.size(181);
    await keyboard.press('Control+z');
    await b.parts(5);

    // saved
    await to('create');
    await keyboard.press('Enter');
    await b.dialog.getByLabel(say('build.name'), { exact: true })
      .and(page.locator(':focus')).waitFor();
    await keyboard.type(`Sem mouse ${language}`);
    await keyboard.press('Enter');
    await page.waitForURL(/\/audiences\/aud_/);
    check((await ask(page, `/v1/audiences/${page.url().split('/').pop()}`)).filter,
      less);
  });

  await each('groups are nested, negated, wrapped and limited', pages,
    async (given) => {
      const { page, open, axe, say } = given;
      const b = builder(given);
      const inner = () => page.locator('.group').last();

      await open('/build');
      await b.size(181);
      await b.add('city');
      await page.keyboard.type('santos');
      await page.keyboard.press('Escape');
      await b.add('Status do Lead');
      await page.keyboard.type('cliente');
      await page.keyboard.press('Escape');
      await b.finds({ all: [santos, client] });

      // one into a group of its own, another joins it there
      await b.more(b.called('Status do Lead', 'equals', 'cliente')).click();
      await page.getByRole('menuitem', { name: say('build.wrap') }).click();
      await page.locator('.part-group').waitFor();
      await b.add('gosta de futebol?', inner());
      await b.finds({ all: [santos, { any: [client, football] }] });
      for (const [value, filter] of [
        ['all', { all: [client, football] }],
        ['not_all', { not: { all: [client, football] } }],
        ['not_any', { not: { any: [client, football] } }]]) {
        await b.group().selectOption(value);
        await b.finds({ all: [santos, filter] });
      }

      // each part says whom it finds by itself, the group too
      await b.counts(181, ...await Promise.all([santos,
        { not: { any: [client, football] } }, client, football].map(b.count)));
      await axe();

      // a negated group takes two levels of eight
      for (let level = 3; level < 8; level += 1) {
        await b.button('build.add_group', inner()).click();
        await b.parts(level + 2);
      }
      await page.getByText(say('build.deep')).waitFor();
      check(await b.button('build.add_group', inner()).count(), 0);

      // a group goes with what is in it
      await b.remove(say('build.group_not_any')).click();
      await b.parts(1);
      await b.finds(santos);
    });

  await each('as many filters as there can be', pages, async (given) => {
    const { page, open, say } = given;
    const b = builder(given);
    const filter = { any: Array.from({ length: 199 }, (_, i) =>
      ({ field: 'plano', op: 'equals', value: `Plano ${i}` })) };

    await open('/jobs');
    await open(`/build?audience=${await audience(page, 'Muitos', filter)}`);
    await b.size(0);
    await page.getByText(say('build.used', { count: 199, limit: 200 })).waitFor();
    await b.add('gosta de futebol?');
    await page.getByText(say('build.full', { limit: 200 })).waitFor();
    check(await b.button('build.add').count(), 0);
    await b.finds(football);
  });

  await each('membership of other audiences', pages, async (given) => {
    const { page, open, axe, say, expect, language } = given;
    const b = builder(given);
    const called = `Gremistas ${language}`;

    expect(/status of 422/);
    await open('/build');
    await b.size(181);

    const other = await audience(page, `Santistas ${language}`,
      { field: 'time do coração', op: 'equals', value: 'Santos' });
    const id = await audience(page, called,
      { field: 'time do coração', op: 'equals', value: 'Grêmio' });

    await b.button('build.add_audience').click();
    await page.getByRole('combobox', { name: say('common.search_audience') })
      .fill(called.toUpperCase());
    await until(() => b.options.allInnerTexts().then((all) => all.length), 1);
    await b.options.filter({ hasText: called }).click();
    await b.finds({ audience: id });
    await page.getByLabel(say('build.membership'), { exact: true })
      .selectOption('not');
    await b.finds({ not: { audience: id } });
    await page.getByRole('group', { exact: true,
      name: `${say('build.not_member')} ${called}` }).waitFor();
    await axe();

    // another one in its place
    await page.getByRole('button', { exact: true,
      name: say('build.audience_is', { name: called }) }).click();
    await page.getByRole('combobox', { name: say('common.search_audience') })
      .fill(`santistas ${language}`);
    await b.take(`Santistas ${language}`);
    await b.finds({ not: { audience: other } });
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Control+z');
    await b.finds({ not: { audience: id } });

    // an audience that is gone is told beside its part
    await page.reload();
    await page.getByText(called).waitFor();
    await ask(page, `/v1/audiences/${id}`, { method: 'DELETE' });
    await stack.wait_visible();
    await b.add('city');
    await page.keyboard.type('santos');
    await page.locator('.part.wrong .part-fault').waitFor();
    await until(() => page.locator('.size-count').count(), 0);
    await axe();
    await page.keyboard.press('Escape');
    await b.remove(`${say('build.not_member')} ${called}`).click();
    await b.parts(1);
    await b.finds(santos);
  });

  await each('what was taken away or changed is there again', pages,
    async (given) => {
      const { page, open, axe, say } = given;
      const b = builder(given);
      const steps = page.locator('.undo');
      const undo = b.button('build.undo', steps);
      const redo = b.button('build.redo', steps);
      const both = { all: [plan('Essencial'), between(18, 40)] };

      await open('/build');
      await b.size(181);
      check([await undo.isDisabled(), await redo.isDisabled(),
        await b.button('build.clear').isDisabled()], [true, true, true]);
      await b.add('plano');
      await page.keyboard.type('Essencial');
      await page.keyboard.press('Escape');
      await b.add('idade');
      await page.keyboard.type('18');
      await page.keyboard.press('Tab');
      await page.keyboard.type('40');
      await b.finds(both);

      // one is removed, and the focus goes to what is left
      await b.remove(b.called('plano', 'equals', 'Essencial')).click();
      await b.parts(1);
      await page.locator('.part-condition :focus').waitFor();
      await b.finds(between(18, 40));
      await undo.click();
      await b.parts(2);
      await b.finds(both);
      await redo.click();
      await b.parts(1);
      await undo.click();
      await b.parts(2);

      // what was typed goes as a whole
      await undo.click();
      await until(() => b.bounds('idade')[1].inputValue(), '');
      await until(() => b.bounds('idade')[0].inputValue(), '');
      await redo.click();
      await b.finds(both);

      // AND that became OR
      await b.connector().selectOption('any');
      await b.finds({ any: both.all });
      await undo.click();
      await b.finds(both);
      check(await b.connector().inputValue(), 'all');

      // all are removed, and the words about it bring them back
      const back = b.button('common.undo', page.locator('.toast'));

      // they stay as long as the focus is there
      await Promise.all([back.focus(), b.button('build.clear').click()]);
      await b.parts(0);
      await page.keyboard.press('Control+z');
      await b.parts(2);
      await back.click();
      check(await page.locator('.part').count(), 2);
      check(await b.bounds('idade')[1].inputValue(), '40');
      await b.finds(both);
      await axe();
      await b.button('build.clear').click();
      await b.parts(0);
      await b.size(181);
      await undo.click();
      await b.finds(both);
    });
});
