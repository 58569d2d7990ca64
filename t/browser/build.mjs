// Manual segmentation: a filter is built, watched, saved, changed, given up.

import { check, stack, stories, until } from './lib/stories.mjs';
import { ask, builder } from './lib/builder.mjs';

const pages = ['build', 'fields', 'problems'];
const santos = { field: 'city', op: 'equals', value: 'santos' };


// From nothing to an audience with two filters, of which one is enough.
async function built(given, called) {
  const { page, open, axe, say, language } = given;
  const b = builder(given);
  const paulistas = { field: 'city', op: 'equals', value: 'São Paulo' };
  const young = { field: 'idade', op: 'between', value: [18, 40] };

  await open('/build');
  await b.heading(say('build.title'));
  await page.getByText(say('build.begin')).waitFor();
  await b.size(181);
  check(await b.button('build.create').isDisabled(), true);
  await axe();

  // text: values are offered with their counts, the most frequent first
  await b.add('city');
  await page.keyboard.type('s');
  check((await b.offers('city', 's'))[0], { value: 'São Paulo', count: 40 });
  await axe();
  await page.keyboard.press('ArrowDown');
  await b.take('São Paulo');
  await b.size(40);

  // a range of numbers, in another branch
  await b.add('idade');
  await page.keyboard.type('18');
  await page.keyboard.press('Tab');
  await page.keyboard.type('40');
  await b.size(24);
  await b.counts(181, 40, 98);
  await b.finds({ all: [paulistas, young] });

  // AND into OR
  await b.connector().selectOption('any');
  await b.size(114);
  await b.counts(181, 40, 98);
  await axe();

  // people, and a distribution against the base
  await until(() => page.locator('.build-people td.main-cell').count(), 10);
  await b.shares('city', { any: [paulistas, young] });

  // saving asks for a name
  await b.button('build.create').click();
  await b.dialog.getByText(say('build.save_text', {
    people: say('build.people', { count: 114 }) })).waitFor();
  await b.button('build.create', b.dialog).click();
  await b.dialog.getByText(say('build.name_missing')).waitFor();
  await axe();

  const [saved] = await Promise.all([
    b.save({ called, described: `ou jovens (${language})` }),
    page.locator('.toast').getByText(say('build.created', { name: called }))
      .waitFor()]);

  check([saved.name, saved.description, saved.count, saved.filter],
    [called, `ou jovens (${language})`, 114, { any: [paulistas, young] }]);
}


await stories(async ({ each }) => {
  await each('an audience is built and saved', pages,
    (given) => built(given, `Paulistas ${given.language}`));

  await each('… and where it is narrow and dark', pages,
    (given) => built(given, `Paulistas às escuras ${given.language}`),
    { width: 360, dark: true });

  await each('a draft outlives the page, Cancel goes back with nothing lost', pages,
    async (given) => {
      const { page, open, axe, say } = given;
      const b = builder(given);
      const menu = page.getByRole('navigation')
        .getByRole('link', { name: say('common.menu_build'), exact: true });

      await open('/jobs');
      await menu.click();
      await b.add('city');
      await page.keyboard.type('santos');
      await page.keyboard.press('Escape');
      await b.finds(santos);
      await b.button('build.create').click();
      await page.getByLabel(say('build.name'), { exact: true }).fill('Litoral');
      await b.button('common.cancel', b.dialog).click();
      await b.button('common.cancel').click();
      await page.waitForURL(/\/jobs$/);
      await menu.click();
      await page.getByText(say('build.draft')).waitFor();
      check(await b.value('city').inputValue(), 'santos');
      await b.finds(santos);
      await axe();
      await b.button('build.create').click();
      check(await page.getByLabel(say('build.name'), { exact: true }).inputValue(),
        'Litoral');
      await page.keyboard.press('Escape');
      await b.dialog.waitFor({ state: 'detached' });

      // a page that is loaded anew has it too, until it is given up
      await page.reload();
      await page.getByText(say('build.draft')).waitFor();
      await b.finds(santos);
      await b.button('build.start_anew').click();
      await b.size(181);
      await b.parts(0);
      await page.reload();
      await b.size(181);
      await b.parts(0);
      check(await page.getByText(say('build.draft')).count(), 0);
    });

  await each('a saved audience is changed', pages, async (given) => {
    const { page, open, axe, say, language } = given;
    const b = builder(given);
    const called = `Adultos ${language}`;
    const old = { field: 'idade', op: 'greater_than', value: 60 };

    await open('/jobs');
    const audience = await ask(page, '/v1/audiences', { method: 'POST', body: {
      name: called, description: 'x',
      filter: { not: { field: 'idade', op: 'between', value: ['0', 17.5] } } } });

    await stack.wait_visible();
    await open(`/build?audience=${audience.id}`);
    await b.heading(say('build.title_of', { name: called }));
    await b.size(audience.count);
    check(await b.operator('idade').inputValue(), 'not_between');
    await b.operator('idade').selectOption('greater_than');
    await b.value('idade').fill('60');
    await b.finds(old);
    await axe();

    // given up for now, it is as it was, and the change is still there
    await b.button('common.cancel').click();
    await page.waitForURL(/\/audiences$/);
    check((await ask(page, `/v1/audiences/${audience.id}`)).filter,
      audience.filter);
    await open(`/build?audience=${audience.id}`);
    await page.getByText(say('build.draft')).waitFor();
    await b.finds(old);

    await b.button('build.create').click();
    await page.getByRole('heading', { name: say('build.save_changes') }).waitFor();
    check(await page.getByLabel(say('build.name'), { exact: true }).inputValue(),
      called);

    const now = await b.save({ called: `Mais de 60 ${language}` });

    check([now.id, now.name, now.description, now.filter],
      [audience.id, `Mais de 60 ${language}`, 'x', { all: [old] }]);
  });

  await each('the worker is stopped half-way', pages, async (given) => {
    const { page, open, axe, say, expect, language } = given;
    const b = builder(given);

    await open('/build');
    await b.size(181);
    await stack.stop_worker();
    expect(/status of 50[234]/);
    await b.add('city');
    await page.keyboard.type('santos');
    await page.keyboard.press('Escape');
    await b.finds(santos);
    await b.button('build.create').click();
    await page.getByLabel(say('build.name'), { exact: true })
      .fill(`Santos ${language}`);
    await b.button('build.create', b.dialog).click();
    await b.dialog.getByRole('alert').waitFor();
    await axe();
    await stack.start_worker();
    check((await b.save({ called: `Santos ${language}` })).filter,
      { all: [santos] });
  });

  await each('what is typed as soon as a number can be stays', pages,
    async (given) => {
      const { page, open } = given;
      const b = builder(given);

      await open('/build');
      await b.size(181);
      await b.find('idade');
      await b.chosen.getByText('idade', { exact: true }).waitFor();

      // Enter and the keys after it, before the next frame is drawn
      check(await page.evaluate(async () => {
        const soon = async (done) => {
          for (let i = 0; i < 100 && !done(); i += 1) {
            await Promise.resolve();
          }
        };
        let input;

        document.activeElement.dispatchEvent(new KeyboardEvent('keydown',
          { key: 'Enter', bubbles: true, cancelable: true }));
        await soon(() => {
          input = document.querySelector('.part input[type=number]');
          return input;
        });
        for (const key of '30') {
          input.value += key;
          input.dispatchEvent(new InputEvent('input', { bubbles: true }));
          await soon(() => false);
        }
        await new Promise((resolve) => setTimeout(resolve));
        return input.value;
      }), '30');
      await b.bounds('idade')[1].fill('50');
      await b.finds({ field: 'idade', op: 'between', value: [30, 50] });
    });

  await each('on a narrow window what is offered lies above the size', pages,
    async (given) => {
      const { page, open } = given;
      const b = builder(given);

      await open('/build');
      await b.size(181);
      await b.button('build.add').click();
      await b.options.first().waitFor();
      await until(() => page.evaluate(() => {
        const size = document.querySelector('.build-size').getBoundingClientRect();
        const list = document.querySelector('.popover').getBoundingClientRect();
        const top = document.elementFromPoint(list.left + list.width / 2,
          (Math.max(size.top, list.top) + Math.min(size.bottom, list.bottom)) / 2);

        return [size.top < list.bottom, top?.closest('.popover') !== null];
      }), [true, true]);
    }, { width: 360, height: 740 });

  await each('before there is any data', pages, async (given) => {
    const { page, open, axe, say } = given;
    const b = builder(given);

    await open('/build');
    await b.size(0);
    await b.button('build.add').click();
    await page.getByText(say('build.no_fields')).waitFor();
    await axe();
  }, { tenant: 'other' });
});
