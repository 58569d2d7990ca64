// What people do that nobody has in mind: addresses made by hand, two windows,
// files that are no CSV, a way back that leads out.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check, folder, stories, until } from './lib/stories.mjs';


async function choose(page, name, content) {
  const path = join(folder, name);

  await writeFile(path, content);
  await page.locator('input[type=file]').setInputFiles(path);
}


const heading = (page, name) => page.getByRole('heading', { level: 1, name });


// A call from the page, as whoever looks at it.
async function send(page, method, path, body) {
  return page.evaluate(async ([how, where, what]) => (await fetch(where, {
    method: how, headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(what) })).json(), [method, path, body]);
}


await stories(async ({ each }) => {
  await each('an address that no page made', ['build', 'problems', 'sources'],
    async ({ page, open, expect, say }) => {
      expect(/status of 404/);
      for (const path of ['/people/%ff', '/audiences/..%2Fjobs', '/sources/a%20b']) {
        await open(path);
        await heading(page, say('common.unknown')).waitFor();
      }
      await open('/build?audience=../jobs');
      await page.getByText(say('problems.not-found')).waitFor();
      await heading(page, say('build.title')).waitFor();
      await open('/sources?from=yesterday&to=');
      await heading(page, say('sources.title')).waitFor();
      await page.getByRole('table', { name: say('sources.list') }).waitFor();
    });

  await each('Cancel stays in the pages, whatever was before them', ['build'],
    async ({ page, open, say }) => {
      const cancel = page.getByRole('button', { name: say('common.cancel') });

      await open('/build');
      await page.getByRole('link', { name: say('common.menu_jobs') }).click();
      await heading(page, say('common.menu_jobs')).waitFor();
      await page.goBack();
      await cancel.click();
      await page.waitForURL(/\/audiences$/);
      await page.getByRole('link', { name: say('common.menu_build') }).click();
      await cancel.waitFor();
      await page.reload();
      await cancel.click();
      await page.waitForURL(/\/audiences$/);
      await heading(page, say('common.menu_audiences')).waitFor();
    });

  await each('two windows change one audience', ['build'],
    async ({ page, open, say, language }) => {
      await open('/jobs');

      const filter = { field: 'plano', op: 'equals', value: 'Essencial' };
      const { id } = await send(page, 'POST', '/v1/audiences',
        { name: `Plano ${language}`, description: 'de antes', filter });

      await open(`/build?audience=${id}`);
      await page.locator('.part').waitFor();
      await send(page, 'PATCH', `/v1/audiences/${id}`, { name: `Renomeada ${language}` });
      await page.getByRole('button', { name: say('build.create') }).click();
      await page.waitForFunction(() => document.activeElement.name === 'name');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Control+a');
      await page.keyboard.type('de agora');
      await page.getByRole('dialog').getByRole('button', { name: say('build.create') })
        .click();
      await page.waitForURL(new RegExp(`/audiences/${id}$`));
      await heading(page, `Renomeada ${language}`).waitFor();
      await page.getByText('de agora', { exact: true }).waitFor();
    });

  await each('files that say nothing of consent, and some that do',
    ['problems', 'sources'],
    async ({ page, open, expect, say }) => {
      const sending = page.locator('.sending');
      const told = (key, values) => sending.getByText(say(`problems.${key}`, values));

      expect(/status of 422/);
      await open('/sources');
      await choose(page, 'vazio.csv', '\n \n');
      await told('blank-file').waitFor();
      await choose(page, 'planilha.csv', Buffer.from('PK\x03\x04\x14\0\x06\0'));
      await told('nul-bytes').waitFor();
      await choose(page, 'utf16.csv',
        Buffer.from('\ufeffphoneNumber,Opt-in\n11987654321,sim\n', 'utf16le'));
      await sending.getByRole('button',
        { name: say('sources.convert', { encoding: 'utf-16' }) }).waitFor();
      await choose(page, 'antigo.csv',
        Buffer.from('phoneNumber,name,Opt-in\n11987654321,Jo\xe3o,sim\n', 'latin1'));
      await sending.getByRole('button',
        { name: say('sources.convert', { encoding: 'windows-1252' }) }).waitFor();
      check(await sending.count(), 4);            // none waits for an answer
      check((await page.locator('.sendings').innerText()).includes('?encoding'), false);
    });

  await each('what the server says is never told in its own language first',
    ['reasons', 'sources'],
    async ({ page, open, say, language }) => {
      const name = `ruins-${language}.csv`;
      const note = page.locator('.sending .note');
      let release;
      const held = new Promise((resolve) => { release = resolve; });

      await page.route(/assets\/reasons-/, async (route) => {
        await held;
        await route.continue();
      });
      await open('/sources');
      await choose(page, name, 'phoneNumber,Opt-in\nabc,sim\n12,sim\n');
      await note.getByText(say('sources.ended_failed', { name })).waitFor();
      check((await note.innerText()).includes('errors.csv'), false);
      release();
      await note.getByText(say('reasons.all_rejected', { count: 2 })).waitFor();
    });

  await each('what can be nobody\'s phone, e-mail or document', ['people', 'problems'],
    async ({ page, open, expect, say }) => {
      expect(/status of 422/);
      for (const typed of ['ana@', '1198765432109876', '111.111.111-11']) {
        await open(`/people?q=${encodeURIComponent(typed)}`);
        await page.getByText(say('problems.identifies-nobody')).waitFor();
      }
      check(await page.getByRole('button', { name: say('common.again') }).count(), 0);
    });

  await each('a page that is asked for while there is no network', ['jobs'],
    async ({ page, context, open, expect, say }) => {
      expect(/ERR_INTERNET_DISCONNECTED/);
      await open('/sources');
      await context.setOffline(true);
      await page.getByRole('link', { name: say('common.menu_jobs') }).click();
      await page.locator('main').getByText(say('common.trouble_offline')).waitFor();
      check(await page.getByText(say('common.failure')).count(), 0);
      await context.setOffline(false);
      await heading(page, say('jobs.title')).waitFor();
      await page.getByText(say('common.trouble_offline')).waitFor({ state: 'detached' });
    });

  await each('a file that is dropped beside its place', ['sources'],
    async ({ page, open }) => {
      await open('/sources');
      await page.locator('.drop').waitFor();
      await until(() => page.evaluate(() => {
        const dataTransfer = new DataTransfer();

        dataTransfer.items.add(new File(['x'], 'x.csv'));

        const event = new DragEvent('drop', { dataTransfer, bubbles: true,
          cancelable: true });

        document.querySelector('h1').dispatchEvent(event);
        return event.defaultPrevented;
      }), true);
    });
});
