// Data sources: files that are refused, and why, in plain words.

import { choose, file } from './lib/files.mjs';
import { inTenant, told } from './lib/page.mjs';
import { stories, until } from './lib/stories.mjs';

const contact = '+5511900000001,sim\n';

// What the server refuses about a file, by where it is.
const refusals = [
  ['colunas.csv', 'phoneNumber,Opt-in,cor,,cor\n+5511900000001,sim,azul,,azul\n',
   [['at_column', { column: 4 }, 'unnamed-column'],
    ['at_column', { column: 5 }, 'duplicate-column']]],
  ['aspas.csv', `phoneNumber,Opt-in\n${contact}"+5511900000002,sim\n`,
   [['at_row', { row: 3 }, 'unclosed-quote']]],
  ['muitas.csv', `phoneNumber,Opt-in\n${contact.repeat(1001)}`,
   [[null, { limit: 1000 }, 'too-many-rows']]],
  ['so-nomes.csv', 'phoneNumber,Opt-in\n', [[null, {}, 'too-few-lines']]],

  // What is no CSV has no columns to ask about.
  ['branco.csv', '\n\n', [[null, {}, 'blank-file']]],
  ['planilha.csv', 'PK\x03\x04\0\0\0\0', [[null, {}, 'nul-bytes']]],
];


// All that is said of one file: the place and then the words, each in a line.
function refused(page, name, say) {
  return page.locator('.sending').filter({
    has: page.getByText(say('sources.refused', { name }), { exact: true }) });
}


function megabytes(n, language) {
  return new Intl.NumberFormat(language, { style: 'unit', unit: 'megabyte',
    unitDisplay: 'short', maximumFractionDigits: 1 }).format(n);
}


await stories(async ({ each }) => {
  await each('a refused file', ['sources', 'problems'],
    async ({ page, open, axe, expect, say }) => {
      const name = 'errado.csv';

      expect(/status of 422/);
      await open('/sources');
      await choose(page, await file(name, 'telefone,Opt-in\n1,sim\n'));

      const said = refused(page, name, say);

      await said.getByText(say('problems.missing-phone-column')).waitFor();
      await said.getByText(say('problems.suggestion', { suggestion: 'telefone' })).waitFor();
      await axe();
      await page.getByRole('button', { name: say('sources.dismiss', { name }) }).click();
      await page.locator('.sending').waitFor({ state: 'detached' });
      await told(page, say('sources.none')).waitFor();
    }, { tenant: inTenant('refused') });

  await each('rows and columns of what is wrong are told', ['sources', 'problems'],
    async ({ page, open, expect, say }) => {
      expect(/status of 422/);
      await open('/sources');
      for (const [name, content, errors] of refusals) {
        await choose(page, await file(name, content));

        const said = refused(page, name, say);

        for (const [where, values, slug] of errors) {
          if (where) {
            await said.getByText(say(`problems.${where}`, values)).waitFor();
          }
          await said.getByText(say(`problems.${slug}`, values)).waitFor();
        }
      }
      await until(() => page.locator('.sending').count(), refusals.length);
    }, { tenant: inTenant('refused') });

  await each('a file in an older encoding is sent again as such', ['sources', 'problems'],
    async ({ page, open, expect, say }) => {
      const name = 'antigo.csv';

      expect(/status of 422/);
      await open('/sources');
      await choose(page, await file(name, Buffer.from(
        'phoneNumber,name,Opt-in\n+5511900000004,Jo\xe3o,sim\n', 'latin1')));
      await refused(page, name, say).getByText(say('problems.wrong-encoding')).waitFor();
      await page.getByRole('button', { exact: true,
        name: say('sources.convert', { encoding: 'windows-1252' }) }).click();
      await told(page, say('sources.ended_complete', { name })).waitFor();
      await page.getByRole('link', { name: say('sources.see') }).click();
      await told(page, 'WINDOWS-1252').waitFor();
    }, { tenant: inTenant('older') });

  await each('a large file that is refused at its head says why', ['sources', 'problems'],
    async ({ page, open, expect, say, language }) => {
      expect(/status of 422|status of 413/);
      await open('/sources');
      for (const [name, head, size, slug] of [
        ['grande.csv', 'nome', 9_000_000, 'missing-phone-column'],
        ['enorme.csv', 'phoneNumber', 11_000_000, 'file-too-large'],
        ['gigante.csv', 'phoneNumber', 20_000_000, 'body-too-large'],
      ]) {
        await choose(page, await file(name,
          `${head},Opt-in\n`.padEnd(size, slug === 'file-too-large' ? 'x' : 'x,sim\n')));

        await refused(page, name, say).getByText(say(`problems.${slug}`,
          { limit: megabytes(10, language) })).waitFor();
      }
    }, { tenant: inTenant('large') });
});
