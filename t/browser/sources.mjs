// Data sources: from a file to what became of it, and back.

import { readFile } from 'node:fs/promises';
import { choose, file, good } from './lib/files.mjs';
import { fits, inTenant, row, told } from './lib/page.mjs';
import { check, match, stories, until } from './lib/stories.mjs';

// What is wrong with each, by line, column, what stood there and why.
const wrong = `phoneNumber;name;idade;Opt-in
+5511900000001;Ana;31;sim
;Bia;32;sim
1,19876E+12;Caio;33;sim
987654321;Davi;34;sim
119;Fia;36;sim
+5511111111111;Hugo;38;sim
+5511900000002;Iva;39
+5511900000003;"Jo"x;40;sim
+5511900000005;Max;41;
`;
const why = [
  ['3', 'phoneNumber', '–', 'nobody'],
  ['4', 'phoneNumber', '1,19876E+12', 'phone_spoiled'],
  ['5', 'phoneNumber', '987654321', 'phone_no_area'],
  ['6', 'phoneNumber', '119', 'phone_length'],
  ['7', 'phoneNumber', '+5511111111111', 'phone_begin'],
  ['8', '', '+5511900000002, Iva, 39', 'cells'],
  ['9', '', '+5511900000003, Jox, 40, sim', 'quote'],
];

// What each model file has, of which the rules beside it speak.
const models = {
  contacts: ['phoneNumber', 'email', 'name', 'city', 'address', 'taxDocument', 'Opt-in'],
  extras: ['phoneNumber', 'email', 'taxDocument'],
  campaigns: ['phoneNumber', 'email', 'taxDocument', 'campaign', 'status', 'at', 'id'],
  conversations: ['phoneNumber', 'email', 'taxDocument', 'conversation', 'at', 'from',
                  'text'],
};


// A table as lines of what its cells show.
function cells(table) {
  return table.locator('tbody tr').evaluateAll((rows) => rows.map((line) =>
    [...line.querySelectorAll('.cell')].map((cell) => cell.innerText.trim())));
}


async function download(page, link) {
  const [got] = await Promise.all([page.waitForEvent('download'), link.click()]);

  return { name: got.suggestedFilename(), text: await readFile(await got.path(), 'utf8') };
}


await stories(async ({ each, stack }) => {
  await each('from a file to its undoing', ['sources', 'reasons'],
    async ({ page, open, axe, say, language }) => {
      const name = `contatos-${language}.csv`;

      await open('/sources');
      await told(page, say('sources.none')).waitFor();
      await axe();
      await choose(page, await file(name, good));
      await told(page, say('sources.ended_partly', { name })).waitFor();
      await told(page, say('sources.counts', { imported: 1, refused: 1, rejected: 1 }))
        .waitFor();
      await row(page, name).getByText(say('sources.state_partly')).waitFor();
      await axe();

      await row(page, name).getByRole('link').click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
      await told(page, say('reasons.phone_character')).waitFor();
      await until(() => page.locator('.timeline strong').allInnerTexts(),
        ['queued', 'running', 'partly'].map((state) => say(`sources.state_${state}`)));
      await axe();

      const ask = page.getByRole('button', { name: say('sources.undo'), exact: true });
      const dialog = page.getByRole('dialog', { name: say('sources.undo_title') });

      await ask.click();
      await dialog.getByText(say('sources.undo_text', { name, count: 1 })).waitFor();
      await axe();
      await dialog.getByRole('button', { name: say('common.no'), exact: true }).click();
      await dialog.waitFor({ state: 'detached' });
      await page.waitForFunction((text) =>
        document.activeElement.textContent.trim() === text, say('sources.undo'));
      await ask.click();
      await dialog.getByRole('button', { name: say('sources.undo_yes') }).click();
      await page.locator('.lead').getByText(say('sources.state_undone')).waitFor();
      await told(page, say('reasons.phone_character')).waitFor({ state: 'detached' });
      await page.getByRole('link', { name: say('sources.title') }).first().click();
      await row(page, name).getByText(say('sources.state_undone')).waitFor();
    }, { tenant: inTenant('way') });

  await each('what a file has come to, row by row', ['sources', 'reasons'],
    async ({ page, open, axe, say, language }) => {
      const name = 'linhas.csv';
      const by = `ana.${language.toLowerCase()}@example.com`;

      await open('/sources');
      await choose(page, await file(name, wrong));
      await told(page, say('sources.ended_partly', { name })).waitFor();
      await page.getByRole('link', { name: say('sources.see') }).click();

      const table = page.getByRole('table', { name: say('sources.rejected') });

      await until(() => cells(table), why.map(([line, column, value, reason]) => [line,
        column || say('sources.whole_row'), value,
        say(`reasons.${reason}`, { cells: 3, header: 4 })]));

      const { name: saved, text } = await download(page,
        page.getByRole('link', { name: say('sources.rejected_file') }));

      match(saved, /^errors-imp_\w+\.csv$/);
      check(text.trim().split('\n').slice(1).map((line) => line.split(',', 1)[0]),
        why.map(([line]) => line));

      const figures = page.locator('.figures');

      await until(() => figures.locator('dt').allInnerTexts(),
        ['read', 'imported', 'refused_opt_in', 'rejected', 'created']
          .map((one) => say(`sources.rows_${one}`)));
      check(await figures.locator('dd').allInnerTexts(), ['9', '2', '0', '7', '2']);

      for (const fact of [by, 'UTF-8', say('sources.semicolon'),
        say('sources.kind_contacts'), say('sources.consent_partly', { count: 1, by })]) {
        await page.locator('.facts dd').getByText(fact, { exact: true }).waitFor();
      }
      await until(() => cells(page.getByRole('table',
        { name: say('sources.columns', { count: 4 }) })),
      [['phoneNumber', 'text'], ['name', 'text'], ['idade', 'number'], ['Opt-in', 'yes_no']]
        .map(([column, type]) => [column, say(`sources.type_${type}`)]));
      await axe();
    }, { tenant: inTenant('rows') });

  await each('the model file is what the rules beside it say', ['sources'],
    async ({ page, open, say }) => {
      let contacts;

      await open('/sources');
      for (const [kind, names] of Object.entries(models)) {
        await page.locator('select[name=kind]').selectOption({
          label: say(`sources.kind_${kind}`) });
        await page.locator('#rules').getByText(say(
          kind === 'contacts' ? 'sources.rule_columns' : 'sources.rule_contact')).waitFor();

        const rules = await page.locator('#rules li').allInnerTexts();
        const { name, text } = await download(page,
          page.getByRole('link', { name: say('sources.template') }));
        const columns = text.trim().split(',');

        check(name, 'template.csv');
        check(names.filter((one) => !columns.includes(one)), [], 'the file has them');
        check(names.filter((one) => !new RegExp(`\\b${one}\\b`).test(rules.join(' '))), [],
          'the rules name them');
        contacts ??= text;
      }

      await page.locator('select[name=kind]').selectOption('contacts');
      await choose(page, await file('modelo.csv',
        `${contacts}+5511900000009,ana@example.com,Recife,,,Ana,sim,Santos\r\n`));
      await told(page, say('sources.ended_complete', { name: 'modelo.csv' })).waitFor();
    }, { tenant: inTenant('model') });

  await each('a file without opt-in asks for consent', ['sources'],
    async ({ page, open, axe, say, language }) => {
      const name = 'sem-opt-in.csv';
      const path = await file(name, 'phoneNumber\n+5511900000003\n');
      const dialog = page.getByRole('dialog', { name: say('sources.consent_title') });

      await open('/sources');
      await choose(page, path);
      await dialog.getByText(name).waitFor();
      await dialog.getByText(say('sources.consent_question')).waitFor();
      await axe();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      check(await page.locator('.sending').count(), 0);
      await choose(page, path);
      await dialog.getByRole('button', { name: say('common.yes_continue') }).click();
      await told(page, say('sources.ended_complete', { name })).waitFor();
      await page.getByRole('link', { name: say('sources.see') }).click();
      await told(page, say('sources.consent_assumed',
        { by: `ana.${language.toLowerCase()}@example.com`, count: 1 })).waitFor();
    }, { tenant: inTenant('consent') });

  await each('who has said no stays out, and the page says so', ['sources', 'reasons'],
    async ({ page, open, say, language }) => {
      const where = ['tenant', inTenant('no')(language)];

      await stack.import_file('nao.csv', 'phoneNumber,Opt-in\n'
        + '+5511900000077,nao\n+5511900000078,sim\n', ...where);

      const later = await stack.import_file('outro.csv',
        'phoneNumber\n+5511900000077\n+5511900000079\n', ...where);

      await open(`/sources/${later.id}`);
      await told(page, say('reasons.refused_before')).waitFor();
    }, { tenant: inTenant('no') });

  await each('files are dropped, and one follows the other', ['sources'],
    async ({ page, open, say }) => {
      await open('/sources');
      const files = await page.evaluateHandle((content) => {
        const data = new DataTransfer();

        for (const name of ['um.csv', 'dois.csv']) {
          data.items.add(new File([content], name, { type: 'text/csv' }));
        }
        return data;
      }, good);
      await page.dispatchEvent('.drop', 'dragover', { dataTransfer: files });
      await page.locator('.drop.over').waitFor();
      await page.dispatchEvent('.drop', 'drop', { dataTransfer: files });
      for (const name of ['um.csv', 'dois.csv']) {
        await told(page, say('sources.ended_partly', { name })).waitFor();
      }
      check(await page.locator('.drop.over').count(), 0);
    }, { tenant: inTenant('drop') });

  await each('search and days narrow the list', ['sources'],
    async ({ page, open, say, language }) => {
      const to = page.getByLabel(say('common.to'), { exact: true });

      for (const name of ['azul.csv', 'verde.csv']) {
        await stack.import_file(name, good, 'tenant', inTenant('search')(language));
      }
      await open('/sources');
      await row(page, 'azul.csv').waitFor();
      await page.getByRole('searchbox', { name: say('sources.search') }).fill('VERDE');
      await row(page, 'azul.csv').waitFor({ state: 'detached' });
      await row(page, 'verde.csv').waitFor();
      await page.waitForURL(/q=VERDE/);
      await page.reload();
      await row(page, 'verde.csv').waitFor();
      check(await row(page, 'azul.csv').count(), 0);
      await to.fill('2020-01-01');
      await told(page, say('sources.none_found')).waitFor();
      await to.fill('');
      await row(page, 'verde.csv').waitFor();
    }, { tenant: inTenant('search') });

  await each('a file of what a chatbot noted', ['sources'],
    async ({ page, open, say }) => {
      const name = 'loja.csv';

      await open('/sources');
      await page.getByLabel(say('sources.kind')).selectOption('extras');
      await choose(page, await file(name, 'phoneNumber,loja\n+5511900000001,Centro\n'));
      await told(page, say('sources.ended_complete', { name })).waitFor();
      await row(page, name).getByText(say('sources.kind_extras')).waitFor();
    }, { tenant: inTenant('extras') });

  await each('by keyboard alone, on a narrow window', ['sources', 'reasons'],
    async ({ page, open, axe, say }) => {
      const name = 'teclado.csv';
      const path = await file(name, good);

      page.on('filechooser', (chooser) => chooser.setFiles(path));
      await open('/sources');
      await page.locator('select[name=kind]').focus();
      await page.keyboard.press('Tab');
      check(await page.evaluate(() => document.activeElement.type), 'file');
      await page.keyboard.press('Enter');
      await told(page, say('sources.ended_partly', { name })).waitFor();
      await row(page, name).getByText(say('sources.state_partly')).waitFor();
      check(await fits(page), true);
      await axe();
      await row(page, name).getByRole('link').focus();
      await page.keyboard.press('Enter');
      await told(page, say('reasons.phone_character')).waitFor();
      check(await fits(page), true);
      await axe();
    }, { tenant: inTenant('keys'), width: 360, dark: true });

  await each('without JavaScript a file still goes in', [],
    async ({ page, open, expect, language }) => {
      expect(/: csp$/);         // what is loaded ahead for scripts
      await open('/sources');
      await page.locator(language === 'pt-BR' ? 'main p:not([lang])'
        : `main p[lang=${language}]`).waitFor();
      await choose(page, await file('simples.csv', good));
      await page.getByRole('button', { name: 'Importar' }).click();
      await page.getByText('"imp_').waitFor();
    }, { javaScript: false, tenant: inTenant('plain') });
});
