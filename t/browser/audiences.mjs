// My audiences: the list, what can be done to one, its own page.

import { readFile } from 'node:fs/promises';
import { check, languages, match, stories, texts } from './lib/stories.mjs';


// A text with its values, as a pattern: "{count} contatos" is / contatos/.
function words(text) {
  const whole = typeof text === 'string' ? text : text.other;
  const parts = whole.split(/\{\w+\}/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));

  return new RegExp(parts.join('.+'));
}


const names = (page) => page.locator('tbody td.main-cell .cell').allInnerTexts();


async function namesAre(page, expected) {
  await page.waitForFunction((wanted) => JSON.stringify([...document
    .querySelectorAll('tbody td.main-cell .cell')]
    .map((cell) => cell.innerText.trim())) === JSON.stringify(wanted), expected)
    .catch(async () => check(await names(page), expected));
}


async function choose(page, a, name, action) {
  await page.getByRole('button', { name: words(a.menu_of.replace('{name}', name)) })
    .click();
  await page.getByRole('menuitem', { name: action, exact: true }).click();
}


const card = (page, title) => page.getByRole('region', { name: title, exact: true });


await stories(async ({ story, stack }) => {
  for (const language of languages) {
    const a = await texts(language, 'audiences');
    const c = await texts(language, 'common');
    const as = { language, tenant: language.toLowerCase() };
    // What is looked at by axe is the same in all of them, but for its words.
    const once = (axe) => (language === 'pt-BR' ? axe() : null);

    await story(`the list is narrowed and sorted (${language})`,
      async ({ page, open, axe }) => {
        await open('/audiences');
        await page.getByRole('cell', { name: 'Todos', exact: true }).waitFor();
        check(await page.innerText('h1'), c.menu_audiences);
        check((await names(page)).length, 5);

        // What can be done is in sight in windows of any width.
        for (const width of [1000, 1280]) {
          await page.setViewportSize({ width, height: 900 });
          check(await page.evaluate(() => document.querySelector('.table-scroll')
            .getBoundingClientRect().right >= document.querySelector('td .dots button')
            .getBoundingClientRect().right), true);
        }
        await once(axe);

        await page.getByRole('button', { name: a.column_name, exact: true }).click();
        await page.waitForURL(/sort=name/);
        await namesAre(page, (await names(page)).sort((x, y) =>
          x.localeCompare(y, 'pt')));
        await page.getByRole('button', { name: a.column_size, exact: true }).click();
        await page.waitForURL(/sort=-size/);
        await page.waitForFunction(() => document.querySelector(
          'tbody td.main-cell .cell')?.innerText === 'Todos');
        check(await page.locator('th[aria-sort=descending]').innerText(),
          a.column_size);

        await page.selectOption('[name=type]', 'manual');
        await namesAre(page, ['Todos', 'Ágeis', 'Jovens de Ouro']);
        await page.getByRole('searchbox').fill('age');
        await namesAre(page, ['Ágeis']);
        await page.getByLabel(c.to, { exact: true }).fill('2020-01-01');
        await page.getByText(a.none_found, { exact: true }).waitFor();
        await once(axe);
      }, as);

    await story(`the keyboard renames (${language})`, async ({ page, open, axe }) => {
      await open('/audiences');
      await page.getByRole('button', { name: words(a.menu_of
        .replace('{name}', 'Todos')) }).focus();
      await page.keyboard.press('Enter');
      await page.waitForFunction((name) =>
        document.activeElement.innerText.trim() === name, a.export);
      await once(axe);
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: a.rename_title }).waitFor();
      check(await page.evaluate(() => document.activeElement.value), 'Todos');
      await page.keyboard.press('Control+A');
      await page.keyboard.press('Delete');
      await page.getByText(a.name_missing).waitFor();
      check(await page.getByRole('button', { name: c.save }).isDisabled(), true);
      await once(axe);
      await page.keyboard.type('Base inteira');
      await page.keyboard.press('Enter');
      await page.getByRole('cell', { name: 'Base inteira', exact: true }).waitFor();
      await page.getByText(a.saved).waitFor();

      await choose(page, a, 'Base inteira', a.rename);
      await page.getByLabel(a.name, { exact: true }).fill('Outro');
      await page.keyboard.press('Escape');
      check(await page.getByRole('cell', { name: 'Base inteira', exact: true }).isVisible(), true);

      await page.getByRole('link', { name: 'Base inteira' }).click();
      const sizes = card(page, a.sizes);
      await sizes.getByRole('img', { name: words(a.sizes_words) }).waitFor();
      await sizes.getByText(a.sizes_table).click();
      check(await sizes.locator('tbody td.number:nth-child(2) .cell')
        .allInnerTexts(), ['460', '118']);
      await once(axe);
    }, as);

    await story(`an audience of one's own making (${language})`,
      async ({ page, open, axe }) => {
        await open('/audiences?q=jovens');
        await page.getByRole('link', { name: 'Jovens de Ouro' }).click();
        await page.getByRole('heading', { level: 1, name: 'Jovens de Ouro' })
          .waitFor();
        const fields = card(page, a.fields);
        for (const said of [a.all_of, a.any_of, a.not, a.op_less_than, a.op_between]) {
          await fields.getByText(said).first().waitFor();
        }
        await fields.getByRole('table', { name: 'plano' }).waitFor();
        await fields.getByRole('table', { name: 'cadastro' }).waitFor();
        check(await fields.getByRole('table', { name: 'plano' })
          .getByRole('row').nth(1).innerText().then((row) =>
            row.includes('Prata')), true);
        await card(page, a.overlap).getByRole('link', { name: 'Ágeis' }).waitFor();
        await card(page, a.sizes).getByText(a.sizes_one).waitFor();
        await once(axe);

        await page.getByRole('button', { name: a.description_edit }).click();
        const field = page.getByRole('textbox', { name: a.description });
        await field.fill('Gastam pouco.');
        await page.getByRole('button', { name: c.cancel }).click();
        await page.getByText(a.edit_left).waitFor();
        await page.getByRole('button', { name: c.undo }).click();
        check(await field.inputValue(), 'Gastam pouco.');
        await once(axe);
        await page.getByRole('button', { name: c.save }).click();
        await card(page, a.description).getByText('Gastam pouco.').waitFor();
        await page.reload();
        await card(page, a.description).getByText('Gastam pouco.').waitFor();
        check(await page.getByRole('link', { name: a.edit }).getAttribute('href'),
          new URL(page.url()).pathname.replace('/audiences/', '/build?audience='));
      }, as);

    await story(`a file comes out (${language})`, async ({ page, open, axe }) => {
      await open('/audiences?q=ageis');
      await choose(page, a, 'Ágeis', a.export);
      const dialog = page.getByRole('dialog', { name: a.export_title });
      await dialog.getByText(a.export_no_mail).waitFor();
      await once(axe);
      await dialog.getByRole('button', { name: c.no, exact: true }).click();
      await dialog.waitFor({ state: 'detached' });

      await choose(page, a, 'Ágeis', a.export);
      await dialog.getByRole('button', { name: c.yes_continue }).click();
      await dialog.getByText(words(a.export_done)).waitFor();
      await dialog.getByText(words(a.export_until)).waitFor();
      await once(axe);
      const coming = page.waitForEvent('download');
      await dialog.getByRole('link', { name: a.download }).click();
      const text = await readFile(await (await coming).path(), 'utf8');
      const size = await page.locator('tbody tr').first().locator('td.number')
        .innerText();
      check(text.trim().split(/\r?\n/).length - 1, Number(size.match(/\d+/)[0]));
      await dialog.getByRole('button', { name: c.close }).last().click();

      // The edge counts a file once it has sent the last of it.
      await page.waitForFunction(async () => {
        const get = async (path) => (await fetch(path)).json();
        const { items: [{ id }] } = await get('/v1/audiences?q=ageis');
        const { items: [one] } = await get(`/v1/audiences/${id}/exports`);

        return one.downloads === 1;
      });
      await page.getByRole('link', { name: 'Ágeis' }).click();
      const exports = card(page, a.exports);
      await exports.getByText(a.state_done, { exact: true }).waitFor();
      await exports.getByRole('link', { name: a.download }).waitFor();
      check(await exports.locator('tbody td').nth(4).locator('.cell').innerText(),
        '1');
      await once(axe);
    }, as);

    await story(`what another one uses stays (${language})`,
      async ({ page, open, axe, expect }) => {
        expect(/status of 409/);
        await open('/audiences');
        await choose(page, a, 'Jovens de Ouro', a.delete);
        const dialog = page.getByRole('dialog', { name: a.delete_title });
        await dialog.getByRole('button', { name: a.delete_yes }).click();
        await dialog.getByRole('link', { name: 'Ágeis' }).waitFor();
        await once(axe);
        await dialog.getByRole('link', { name: 'Ágeis' }).click();
        await page.getByRole('heading', { level: 1, name: 'Ágeis' }).waitFor();

        await choose(page, a, 'Ágeis', a.delete);
        await dialog.getByRole('button', { name: c.no, exact: true }).click();
        await choose(page, a, 'Ágeis', a.delete);
        await dialog.getByRole('button', { name: a.delete_yes }).click();
        await page.getByText(words(a.deleted)).waitFor();
        await page.waitForURL(/\/audiences$/);
        await page.getByRole('link', { name: 'Jovens de Ouro' }).waitFor();
        check(await page.getByRole('link', { name: 'Ágeis' }).count(), 0);
        await page.goto(`${page.url()}/aud_01hf0000000000000000000000`);
        await page.getByText(a.gone, { exact: true }).waitFor();
        expect(/status of 404/);
      }, as);

    await story(`an audience that was found (${language})`,
      async ({ page, open, axe, context }) => {
        await context.grantPermissions(['clipboard-read', 'clipboard-write']);
        await open('/audiences?type=automatic&sort=-size');
        await page.locator('tbody a').first().click();
        const table = page.getByRole('table', { name: a.fields });
        await table.getByText(a.principal).first().waitFor();
        await page.getByText(a.stability_high, { exact: true }).waitFor();
        check(await table.getByRole('row').count() > 5, true);
        await once(axe);

        const main = card(page, a.characteristics);
        await main.getByText(a.written_built_in).waitFor();
        await page.getByRole('button', { name: a.characteristics_edit }).click();
        await page.getByRole('textbox', { name: a.characteristics })
          .fill('Torcem pelo Flamengo\n\n Têm gato ');
        await page.getByRole('button', { name: c.save }).click();
        await main.getByText(a.written_person).waitFor();
        check(await main.getByRole('listitem').allInnerTexts(),
          ['Torcem pelo Flamengo', 'Têm gato']);

        const copies = card(page, a.copies);
        check(await copies.getByRole('listitem').count(), 3);
        await copies.getByRole('button', { name: a.copy }).first().click();
        await copies.getByRole('button', { name: c.copied }).waitFor();
        check(await page.evaluate(() => navigator.clipboard.readText()),
          await copies.locator('blockquote').first().innerText());
        check(await page.getByRole('link', { name: a.edit, exact: true }).count(), 0);
        await once(axe);
      }, as);
  }

  const a = await texts('pt-BR', 'audiences');
  const c = await texts('pt-BR', 'common');
  const p = await texts('pt-BR', 'problems');

  await story('a long list goes on by itself', async ({ page, open }) => {
    await open('/audiences?sort=-size');
    await page.getByRole('link', { name: 'Campanha 70', exact: true }).waitFor();
    await page.getByRole('link', { name: 'Campanha 25', exact: true })
      .scrollIntoViewIfNeeded();
    await page.getByRole('link', { name: 'Campanha 1', exact: true }).waitFor();
    check((await names(page)).length, 70);
    check(new Set(await names(page)).size, 70);
  }, { tenant: 'many' });

  await story('nothing yet', async ({ page, open, axe }) => {
    await open('/audiences');
    await page.getByText(a.none, { exact: true }).waitFor();
    await axe();
  }, { tenant: 'empty' });

  await story('narrow and dark', async ({ page, open, axe }) => {
    const fits = () => page.evaluate(() =>
      document.documentElement.scrollWidth <= innerWidth);

    await open('/audiences?sort=name');
    await page.locator('tbody a').first().waitFor();
    await axe();
    check(await fits(), true);
    await page.selectOption('[name=sort]', '-size');
    await page.waitForURL(/sort=-size/);
    await page.getByRole('link', { name: 'Base inteira' }).click();
    await page.getByRole('heading', { level: 1, name: 'Base inteira' }).waitFor();
    await card(page, a.overlap).getByRole('link').first().waitFor();
    await axe();
    check(await fits(), true);
    await page.goBack();
    await page.getByRole('link', { name: /Flamengo|Ouro/ }).first().click();
    await page.getByRole('table', { name: a.fields }).waitFor();
    await axe();
    check(await fits(), true);
  }, { tenant: 'pt-br', width: 360, dark: true });

  await story('a file that cannot be made', async ({ page, open, axe }) => {
    await open('/audiences?q=base');
    await stack.break_exports();
    await choose(page, a, 'Base inteira', a.export);
    await page.getByRole('button', { name: c.yes_continue }).click();
    await page.getByText(a.export_failed).waitFor();
    await axe();
    await stack.mend_exports();
    await page.getByRole('button', { name: c.again }).click();
    await page.getByText(words(a.export_done)).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: c.close }).last()
      .click();
    await page.getByRole('link', { name: 'Base inteira' }).click();
    await card(page, a.exports).getByText(a.state_failed, { exact: true }).waitFor();
    await card(page, a.exports).getByText(a.state_done, { exact: true }).waitFor();
  }, { tenant: 'pt-br' });

  await story('a file that takes its time',
    async ({ page, open }) => {
      await stack.hold_jobs('export:started');
      await open('/audiences?q=base');
      await choose(page, a, 'Base inteira', a.export);
      await page.getByRole('button', { name: c.yes_continue }).click();
      await page.getByText(a.export_may_close).waitFor();
      await page.getByRole('dialog').getByRole('button', { name: c.close }).last()
        .click();
      await page.getByText(a.export_goes_on).waitFor();
      await page.getByRole('link', { name: 'Base inteira' }).click();
      await card(page, a.exports).getByText(/Na fila|Em andamento/).waitFor();
      await stack.release_jobs();
      await card(page, a.exports).getByText(a.state_done, { exact: true }).nth(1)
        .waitFor();
    }, { tenant: 'pt-br' });

  await story('e-mails go to whoever asks', async ({ page, open, axe }) => {
    await stack.restart_worker('mail.smtp_host', '127.0.0.1');
    await open('/audiences?q=base');
    await choose(page, a, 'Base inteira', a.export);
    await page.getByText(words(a.export_mail)).waitFor();
    match(await page.innerText('dialog'), /ana\.pt-br@example\.com/);
    await axe();
  }, { tenant: 'pt-br' });

  await story('the worker stops half-way', async ({ page, open, axe, expect }) => {
    expect(/status of 50[234]/);
    await open('/audiences?q=jovens');
    await page.getByRole('link', { name: 'Jovens de Ouro' }).click();
    await page.getByRole('heading', { level: 1, name: 'Jovens de Ouro' }).waitFor();
    await stack.kill_worker();
    await choose(page, a, 'Jovens de Ouro', a.rename);
    await page.getByLabel(a.name, { exact: true }).fill('Jovens');
    await page.getByRole('button', { name: c.save }).click();
    await page.getByRole('dialog').getByText(p['worker-absent']).waitFor();
    await page.getByText(c.trouble_worker).waitFor();
    await axe();
    await stack.start_worker();
    await page.getByText(c.trouble_worker).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: c.save }).click();
    await page.getByRole('heading', { level: 1, name: 'Jovens', exact: true })
      .waitFor();
  }, { tenant: 'pt-br' });
});
