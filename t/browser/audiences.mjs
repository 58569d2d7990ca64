// My audiences: the list, and what can be done to one of it.

import { check, stories, until } from './lib/stories.mjs';
import { choose, focused, get, moment, names, namesAre } from './lib/audiences.mjs';
import { card, fits } from './lib/page.mjs';

const day = { day: '2-digit', month: '2-digit', year: 'numeric' };
const number = (language, n) => new Intl.NumberFormat(language).format(n);


// A row of the list as it is to be: created by, and updated, for manual ones.
async function rowOf(page, say, language, item) {
  const manual = item.type === 'manual';

  return [item.name, say(`audiences.type_${item.type}`),
    number(language, item.count), manual ? 'bia' : '–',
    await moment(page, item.created_at, day),
    manual && item.updated_at ? await moment(page, item.updated_at, day) : '–'];
}


function rows(page) {
  return page.evaluate(() => [...document.querySelectorAll('tbody tr')].map((row) =>
    [...row.querySelectorAll('td:not(.bare-cell) .cell')].map((cell) =>
      cell.innerText.trim())));
}


await stories(async ({ each, stack }) => {
  const own = (language) => language.toLowerCase();
  const tell = (name, code, options) =>
    each(name, ['audiences', 'build', 'problems'], code, { tenant: own, ...options });

  await tell('the list says who made what and when',
    async ({ page, open, axe, say, language }) => {
      await open('/audiences');
      check(await page.innerText('h1'), say('common.menu_audiences'));
      await until(async () => (await names(page)).length, 5);

      const { items } = await get(page, '/v1/audiences');
      const expected = [];

      for (const item of items) {
        expected.push(await rowOf(page, say, language, item));
      }
      await until(() => rows(page), expected);
      check(items.map(({ type }) => type).sort(),
        ['automatic', 'automatic', 'manual', 'manual', 'manual']);
      check(items.filter(({ updated_at: at }) => at).map(({ name }) => name),
        ['Todos']);

      // What can be done is in sight in windows of any width.
      for (const width of [1000, 1280]) {
        await page.setViewportSize({ width, height: 900 });
        await until(() => page.evaluate(() => document.querySelector('.table-scroll')
          .getBoundingClientRect().right >= document.querySelector('td .dots button')
          .getBoundingClientRect().right), true);
      }
      await axe();
    });

  await tell('the list is narrowed and sorted', async ({ page, open, axe, say }) => {
    const sorted = page.locator('th[aria-sort]');
    const head = (key) => page.getByRole('button',
      { name: say(`audiences.column_${key}`), exact: true });

    await open('/audiences');
    await until(async () => (await names(page)).length, 5);

    const byTime = await names(page);
    const byName = [...byTime].sort((x, y) => x.localeCompare(y, 'pt'));

    await head('name').click();
    await page.waitForURL(/sort=name/);
    await namesAre(page, byName);
    await until(() => sorted.getAttribute('aria-sort'), 'ascending');
    await head('name').click();
    await page.waitForURL(/sort=-name/);
    await namesAre(page, [...byName].reverse());
    await head('size').click();
    await page.waitForURL(/sort=-size/);
    await until(async () => (await names(page))[0], 'Todos');
    await until(() => sorted.getAttribute('aria-sort'), 'descending');
    await until(() => sorted.innerText().then((text) => text.trim()),
      say('audiences.column_size'));

    await head('created').click();
    await page.waitForURL(/sort=-created/);
    await namesAre(page, byTime);
    await head('created').click();
    await page.waitForURL(/sort=created/);
    await namesAre(page, [...byTime].reverse());

    // One alone has been changed.
    await head('updated').click();
    await page.waitForURL(/sort=-updated/);
    await until(async () => (await names(page))[0], 'Todos');
    await head('size').click();
    await page.waitForURL(/sort=-size/);

    await page.selectOption('[name=type]', 'manual');
    await namesAre(page, ['Todos', 'Ágeis', 'Jovens de Ouro']);
    await page.selectOption('[name=type]', 'automatic');
    await until(async () => (await names(page)).length, 2);
    await page.selectOption('[name=type]', 'manual');
    await page.getByRole('searchbox').fill('age');
    await namesAre(page, ['Ágeis']);
    await page.waitForURL(/q=age/);

    await page.getByLabel(say('common.from'), { exact: true }).fill('2100-01-01');
    await page.getByText(say('audiences.none_found'), { exact: true }).waitFor();
    await axe();
    await page.getByLabel(say('common.from'), { exact: true }).fill('2020-01-01');
    await namesAre(page, ['Ágeis']);
    await page.getByLabel(say('common.to'), { exact: true }).fill('2020-01-02');
    await page.getByText(say('audiences.none_found'), { exact: true }).waitFor();
    await page.reload();
    await page.getByText(say('audiences.none_found'), { exact: true }).waitFor();
    await until(() => page.getByRole('searchbox').inputValue(), 'age');
  });

  await tell('the keyboard renames', async ({ page, open, axe, say }) => {
    const dialog = page.getByRole('dialog', { name: say('audiences.rename_title') });
    const name = dialog.getByLabel(say('audiences.name'), { exact: true });
    const save = dialog.getByRole('button', { name: say('common.save') });

    await open('/audiences');
    await page.getByRole('button', { exact: true,
      name: say('audiences.menu_of', { name: 'Todos' }) }).focus();
    await page.keyboard.press('Enter');
    await focused(page.getByRole('menuitem',
      { name: say('audiences.export'), exact: true }));
    await axe();
    await page.keyboard.press('ArrowDown');
    await focused(page.getByRole('menuitem',
      { name: say('audiences.rename'), exact: true }));
    await page.keyboard.press('Enter');
    await focused(name);
    check(await name.inputValue(), 'Todos');
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await dialog.getByText(say('audiences.name_missing')).waitFor();
    await until(() => save.isDisabled(), true);
    await axe();
    await page.keyboard.type('Base inteira');
    await until(() => save.isDisabled(), false);
    await page.keyboard.press('Enter');
    await page.getByRole('cell', { name: 'Base inteira', exact: true }).waitFor();
    await page.getByText(say('audiences.saved')).waitFor();
    await dialog.waitFor({ state: 'hidden' });

    // Esc leaves all as it was, and the focus where it came from.
    await choose(page, say, 'Base inteira', 'rename');
    await name.fill('Outro');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await page.reload();
    await page.getByRole('cell', { name: 'Base inteira', exact: true }).waitFor();
    check((await names(page)).includes('Outro'), false);
  });

  await tell('who made an audience edits it; what was found has its name alone',
    async ({ page, open, say }) => {
      const entries = async (name) => {
        await page.getByRole('button', { exact: true,
          name: say('audiences.menu_of', { name }) }).click();
        await page.getByRole('menu').waitFor();
        return page.getByRole('menuitem').allInnerTexts();
      };
      const words = (...keys) => keys.map((key) => say(`audiences.${key}`));

      await open('/audiences?type=automatic');
      await until(async () => (await names(page)).length, 2);

      const [found] = await names(page);

      check((await entries(found)).map((text) => text.trim()),
        words('export', 'rename', 'delete'));
      await page.keyboard.press('Escape');
      await page.getByRole('menu').waitFor({ state: 'hidden' });

      await page.selectOption('[name=type]', 'manual');
      await until(async () => (await names(page)).length, 3);
      check((await entries('Jovens de Ouro')).map((text) => text.trim()),
        words('export', 'rename', 'edit', 'delete'));
      await page.getByRole('menuitem', { name: say('audiences.edit'), exact: true })
        .click();
      await page.waitForURL(/\/build\?audience=aud_/);
      await page.getByRole('heading', { level: 1, exact: true,
        name: say('build.title_of', { name: 'Jovens de Ouro' }) }).waitFor();
      await page.locator('#main').getByText('idade').first().waitFor();
    });

  await tell('narrow and dark', async ({ page, open, axe, say }) => {
    await open('/audiences?sort=name');
    await until(async () => (await names(page)).length, 5);
    await axe();
    await until(() => fits(page), true);
    await page.selectOption('[name=sort]', '-size');
    await page.waitForURL(/sort=-size/);
    await until(async () => (await names(page))[0], 'Base inteira');
    await page.getByRole('button', { exact: true,
      name: say('audiences.menu_of', { name: 'Base inteira' }) }).click();
    await page.getByRole('menu').waitFor();
    await until(() => fits(page), true);
    await axe();
  }, { width: 360, dark: true });

  await tell('what another one uses stays',
    async ({ page, open, axe, expect, say, language }) => {
      const dialog = page.getByRole('dialog', { name: say('audiences.delete_title') });
      const yes = dialog.getByRole('button', { name: say('audiences.delete_yes') });

      expect(/status of 409/);
      await open('/audiences?sort=name&type=manual');
      await namesAre(page, ['Ágeis', 'Base inteira', 'Jovens de Ouro']);
      await choose(page, say, 'Jovens de Ouro', 'delete');
      await yes.click();
      await dialog.getByText(say('audiences.in_use')).waitFor();
      await dialog.getByRole('link', { name: 'Ágeis', exact: true }).waitFor();
      await axe();
      await dialog.getByRole('link', { name: 'Ágeis', exact: true }).click();
      await page.getByRole('heading', { level: 1, name: 'Ágeis', exact: true }).waitFor();
      await page.goBack();
      await namesAre(page, ['Ágeis', 'Base inteira', 'Jovens de Ouro']);

      // The one that uses it goes first, then it can go too.
      const { items: [{ count }] } = await get(page, '/v1/audiences?q=ageis');

      await choose(page, say, 'Ágeis', 'delete');
      await dialog.getByText(say('audiences.delete_text',
        { name: 'Ágeis', size: number(language, count) })).waitFor();
      await axe();
      await dialog.getByRole('button', { name: say('common.no'), exact: true }).click();
      await dialog.waitFor({ state: 'hidden' });
      await namesAre(page, ['Ágeis', 'Base inteira', 'Jovens de Ouro']);

      for (const [name, left] of [['Ágeis', ['Base inteira', 'Jovens de Ouro']],
        ['Jovens de Ouro', ['Base inteira']]]) {
        await choose(page, say, name, 'delete');
        await yes.click();
        await page.getByText(say('audiences.deleted', { name })).waitFor();
        await namesAre(page, left);
      }
      await page.reload();
      await namesAre(page, ['Base inteira']);
    });

  await tell('a long list goes on by itself', async ({ page, open }) => {
    const link = (n) => page.getByRole('link', { name: `Campanha ${n}`, exact: true });

    await open('/audiences?sort=-size');
    await link(70).waitFor();
    await link(25).scrollIntoViewIfNeeded();
    await link(1).waitFor();
    await until(async () => new Set(await names(page)).size, 70);
    check((await names(page)).length, 70);
  }, { tenant: 'many' });

  await tell('nothing yet', async ({ page, open, axe, say }) => {
    const main = page.locator('#main');

    await open('/audiences');
    await page.getByText(say('audiences.none'), { exact: true }).waitFor();
    await axe();
    await main.getByRole('link', { name: say('audiences.new_automatic') }).waitFor();
    await main.getByRole('link', { name: say('audiences.new_manual') }).last().click();
    await page.getByRole('heading', { level: 1, name: say('build.title') }).waitFor();
  }, { tenant: 'empty' });

  await tell('the worker stops half-way', async ({ page, open, axe, expect, say }) => {
    const dialog = page.getByRole('dialog', { name: say('audiences.rename_title') });
    const trouble = page.getByText(say('common.trouble_worker'));
    const save = dialog.getByRole('button', { name: say('common.save') });

    expect(/status of 50[234]/);
    await open('/audiences?q=base');
    await page.getByRole('link', { name: 'Base inteira', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Base inteira', exact: true })
      .waitFor();
    await card(page, say('audiences.overlap')).getByRole('link').first().waitFor();
    await stack.kill_worker();
    await choose(page, say, 'Base inteira', 'rename');
    await dialog.getByLabel(say('audiences.name'), { exact: true }).fill('Toda a base');
    await save.click();
    await dialog.getByText(say('problems.worker-absent')).waitFor();
    await trouble.waitFor();
    await axe();
    await stack.start_worker();
    await trouble.waitFor({ state: 'hidden' });
    await save.click();
    await page.getByRole('heading', { level: 1, name: 'Toda a base', exact: true })
      .waitFor();
  });

  await tell('what is known of audiences while the worker is away',
    async ({ page, open, axe, expect, say, language }) => {
      const trouble = page.getByText(say('common.trouble_worker'));
      const waits = page.locator('#main').getByText(say('problems.not_loaded'));
      const heading = (name) =>
        page.getByRole('heading', { level: 1, name, exact: true });
      const menu = page.getByRole('link', { name: say('common.menu_audiences') }).first();

      expect(/status of 50[234]/);
      await open('/audiences');

      const { items: [item] } = await get(page, '/v1/audiences?type=manual');
      const link = page.getByRole('link', { name: item.name, exact: true });

      await link.click();
      await heading(item.name).waitFor();
      await menu.click();
      await link.waitFor();

      const before = await names(page);

      // What was seen is seen again …
      await stack.kill_worker();
      await link.click();
      await heading(item.name).waitFor();
      await trouble.waitFor();
      await menu.click();
      await namesAre(page, before);
      check(await waits.count(), 0);

      // … what was not is said to be missing, and no other is shown for it.
      await page.getByLabel(say('audiences.column_type')).selectOption('manual');
      await waits.waitFor();
      check(await names(page), []);

      // How many somebody is of, nginx knows.
      await page.reload();
      await waits.waitFor();
      await open(`/audiences/${item.id}`);
      await waits.waitFor();
      await page.locator('.stat', { hasText: say('audiences.size') })
        .getByText(number(language, item.count), { exact: true }).waitFor();
      await axe();
      await stack.start_worker();
      await heading(item.name).waitFor();
      await trouble.waitFor({ state: 'hidden' });
    });
});
