// What holds on all pages: shares, menus, lists below inputs, dialogs, limits.

import { check, match, stories, until } from './lib/stories.mjs';
import { language as spoken, percent } from '../../web/src/language.js';

const plain = (text) => text.replace(/\s+/g, ' ').trim();
const lower = (language) => language.toLowerCase();


// How much the colour of an icon differs from what it stands on (WCAG 2.2,
// 1.4.11), and how large its button is (2.5.8), for the least of a kind.
function leastOf(page, selector) {
  return page.locator(selector).evaluateAll((all) => {
    const parse = (color) => color.match(/[\d.]+/g).map(Number);
    const channel = (c) => (c / 255 <= 0.03928 ? c / 255 / 12.92
      : ((c / 255 + 0.055) / 1.055) ** 2.4);
    const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g)
      + 0.0722 * channel(b);
    const ground = (node) => {
      const [r, g, b, a = 1] = parse(getComputedStyle(node).backgroundColor);

      return a === 1 ? [r, g, b] : ground(node.parentElement);
    };
    const one = (button) => {
      const icon = button.querySelector('.icon');
      const below = ground(button);
      const faded = Number(getComputedStyle(icon).opacity);
      const color = parse(getComputedStyle(icon).stroke)
        .map((c, i) => c * faded + below[i] * (1 - faded));
      const [a, b] = [light(color), light(below)].sort((x, y) => y - x);
      const { width, height } = button.getBoundingClientRect();

      return { contrast: (a + 0.05) / (b + 0.05), size: Math.min(width, height) };
    };
    const seen = all.filter((button) => button.checkVisibility()
      && button.querySelector('.icon')).map(one);

    return { count: seen.length,
      contrast: Math.min(...seen.map(({ contrast }) => contrast)),
      size: Math.min(...seen.map(({ size }) => size)) };
  });
}


// Where the table's cells are, to a pixel.
function layout(page) {
  return page.locator('.table-scroll td, .table-scroll th').evaluateAll((cells) =>
    cells.slice(0, 40).map((cell) => {
      const { x, y, width, height } = cell.getBoundingClientRect();

      return [x, y + scrollY, width, height].map(Math.round).join();
    }));
}


async function inWindow(page, selector) {
  return page.locator(selector).evaluate((node) => {
    const { left, right, top, bottom } = node.getBoundingClientRect();

    return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight
      && document.documentElement.scrollWidth <= innerWidth
      && document.elementFromPoint((left + right) / 2, bottom - 12) !== null
      && node.contains(document.elementFromPoint((left + right) / 2, bottom - 12));
  });
}


await stories(async ({ story, each, stack }) => {
  // t/unit/worker_class_names.c has the same shares as the worker tells them.
  await story('shares as the worker tells them', async () => {
    spoken.value = 'pt-BR';
    check([0, 0.0004, 0.0006, 0.0094, 0.0098, 0.0149, 0.145, 0.736, 0.99, 0.996,
           0.9996, 1].map(percent),
    ['0%', '< 0,1%', '0,1%', '0,9%', '1%', '1%', '14%', '74%', '99%', '99,6%',
     '> 99,9%', '100%']);
  });

  await each('a group tells one share', ['audiences'],
    async ({ page, open, axe, say, language }) => {
      const group = await stack.found(lower(language));

      await open(`/audiences/${group.id}`);
      const row = page.getByRole('row').filter({ hasText: 'Completo' });
      await page.getByRole('region', { name: say('audiences.copies') })
        .locator('.copy-foot').first().waitFor();
      const share = plain(await row.locator('.bar-figure').innerText());

      match(share, /^99[.,]\d ?%$/);
      match(plain(await page.getByRole('region', { name: say('audiences.characteristics') })
        .innerText()), new RegExp(share));
      const based = page.getByRole('region', { name: say('audiences.copies') })
        .locator('.copy-foot').filter({ hasText: 'Completo' });
      match(plain(await based.first().innerText()), new RegExp(share));
      await axe();
    }, { tenant: lower });

  for (const dark of [false, true]) {
    await story(`menus of rows, ${dark ? 'dark' : 'light'}`,
      async ({ page, open, axe }) => {
        await stack.many(`many-${dark}`, 25);
        await open('/audiences');
        const dots = page.locator('td .dots > button');

        await dots.first().waitFor();
        const { contrast, size, count } = await leastOf(page,
          'td .dots > button, th button.sort, .side-switch');
        check([count > 25, contrast >= 3, size >= 12], [true, true, true]);
        check((await leastOf(page, 'td .dots > button')).size >= 24, true);

        for (const width of [360, 600, 760, 961, 1030, 1100, 1280, 1600]) {
          await page.setViewportSize({ width, height: 700 });
          const before = await layout(page);

          for (const which of [dots.first(), dots.nth(20)]) {
            await which.scrollIntoViewIfNeeded();
            await which.click();
            await until(() => inWindow(page, '.dots-list'), true);
            await until(() => layout(page), before);
            await page.keyboard.press('Escape');
            await page.locator('.dots-list').waitFor({ state: 'detached' });
          }
        }
        await dots.first().click();
        await axe();
      }, { dark, tenant: `many-${dark}` });
  }

  await each('a list of values opens for whoever asks for it', ['build'],
    async ({ page, open, axe, say, language }) => {
      await stack.found(lower(language));
      await open(`/build?filter=${encodeURIComponent(JSON.stringify(
        { field: 'plano', op: 'equals', value: '' }))}`);
      const value = page.locator('input[data-value]');
      const expanded = () => value.getAttribute('aria-expanded');
      const operator = page.getByRole('combobox',
        { name: say('build.operator_of', { name: 'plano' }) });

      await operator.focus();
      await page.keyboard.press('Tab');
      await until(() => value.evaluate((node) => node === document.activeElement), true);
      check([await expanded(), await page.getByRole('listbox').count()], ['false', 0]);

      await page.keyboard.press('Alt+ArrowDown');
      await page.getByRole('listbox').getByRole('option', { name: /Completo/ }).waitFor();
      await until(async () => [await expanded(),
        await value.getAttribute('aria-activedescendant')], ['true', null]);
      await axe();
      await page.keyboard.press('Alt+ArrowUp');
      await until(expanded, 'false');
      await page.keyboard.press('ArrowDown');
      await page.locator('[role=option][aria-selected=true]').waitFor();
      await page.keyboard.press('Escape');
      await until(expanded, 'false');
      await page.keyboard.type('ess');
      await until(async () => page.getByRole('listbox').getByRole('option').count(), 1);
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await until(() => value.inputValue(), 'Essencial');
    }, { tenant: lower });

  await each('an export says how far it is', ['audiences'],
    async ({ page, open, axe, say, language }) => {
      const dialog = page.getByRole('dialog');
      const title = (stage) => dialog.getByRole('heading',
        { name: say(`audiences.export_title_${stage}`), exact: true }).waitFor();
      const focused = () => page.evaluate(() =>
        document.activeElement.closest('dialog') !== null);

      await stack.found(lower(language));
      await stack.hold_jobs('export:started');
      await open('/audiences?type=automatic');
      await page.locator('td .dots > button').first().click();
      await page.getByRole('menuitem', { name: say('audiences.export') }).click();
      await title('asked');
      await dialog.getByRole('button', { name: say('common.yes_continue') }).click();
      await title('running');
      check(await page.locator('dialog').getAttribute('aria-labelledby'),
        await dialog.getByRole('heading').getAttribute('id'));
      await until(focused, true);
      await axe();
      await stack.release_jobs();
      await title('ready');
      await until(focused, true);
      await dialog.getByRole('status').getByText(/\d/).first().waitFor();
      await dialog.getByRole('button', { name: say('audiences.copy_link') }).click();
      await dialog.getByRole('status').getByText(say('common.copied')).waitFor();
      await until(() => dialog.getByRole('button',
        { name: say('common.no'), exact: true }).count(), 0);
      await dialog.getByRole('link', { name: say('audiences.download') }).waitFor();
      await axe();
    }, { tenant: lower });

  await each('an audience is found by its name', ['labels'],
    async ({ page, open, axe, say, language }) => {
      if (language === 'pt-BR') {
        await stack.many('chosen', 55);
      }
      await open('/labels');
      const chosen = page.getByRole('button',
        { name: new RegExp(`^${say('labels.whose')}: `) });

      await until(async () => plain(await chosen.innerText()), say('labels.all'));
      await chosen.click();
      await page.getByRole('listbox').getByRole('option').nth(40).waitFor();
      await axe();
      // The oldest of them: the list begins with the newest.
      await page.getByRole('combobox', { name: say('common.search_audience') })
        .fill('NUMERO 1,');
      await until(async () => page.getByRole('listbox').getByRole('option').count(), 1);
      await page.keyboard.press('Enter');
      await chosen.getByText(/número 1, com/).waitFor();
      await chosen.click();
      await page.getByRole('listbox').getByRole('option', { name: say('labels.all') }).click();
      await until(async () => plain(await chosen.innerText()), say('labels.all'));
    }, { tenant: 'chosen', width: 360 });

  await each('the rules are those of this server', ['sources', 'problems'],
    async ({ page, open, axe, say, language, expect }) => {
      expect(/status of 413/);
      const size = new Intl.NumberFormat(language,
        { style: 'unit', unit: 'megabyte', unitDisplay: 'short' }).format(3);

      await open('/sources');
      await page.getByText(say('sources.rule_size', { size, count: 1200 }), { exact: true })
        .waitFor();
      await page.locator('input[type=file]').setInputFiles({ name: 'grande.csv',
        mimeType: 'text/csv', buffer: Buffer.from(
          `phoneNumber,Opt-in,x\n11987654321,sim,${'x'.repeat(3 * 2 ** 20)}\n`) });
      await page.getByText(say('problems.file-too-large', { limit: size })).waitFor();
      await axe();
    });
});
