// Exports: from the question to the file, on the page and by e-mail.

import { readFile } from 'node:fs/promises';
import { check, match, stories, until } from './lib/stories.mjs';
import { choose, get, moment } from './lib/audiences.mjs';
import { card } from './lib/page.mjs';

const hour = 3_600_000;


// The exports of an audience as /v1 has them, newest first.
async function exportsOf(page, name) {
  const { items: [{ id }] } = await get(page,
    `/v1/audiences?q=${encodeURIComponent(name)}`);

  return (await get(page, `/v1/audiences/${id}/exports`)).items;
}


// nginx counts a file once it has sent the last of it.
function countedAs(page, name, downloads) {
  return until(async () => (await exportsOf(page, name))[0].downloads, downloads);
}


async function content(page, press) {
  const coming = page.waitForEvent('download');

  await press();
  return readFile(await (await coming).path(), 'utf8');
}


// Three can be written to; who has no phone, and who said no, are left out.
const file = /^phoneNumber,[^\n]*name[^\n]*\n(?=[^]*Ana)(?=[^]*Bia)(?=[^]*Caio)(?:[^\n]+\n){3}$/;


// The button beside the name.
function above(page, say) {
  return page.locator('.page-head').getByRole('button',
    { name: say('audiences.export'), exact: true });
}


// The cells of the newest export.
function newest(page, say) {
  return card(page, say('audiences.exports')).locator('tbody tr').first()
    .locator('td .cell');
}


async function openAudience(page, open, name) {
  await open(`/audiences?q=${encodeURIComponent(name)}`);
  await page.getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
}


await stories(async ({ each, stack }) => {
  const tell = (name, code, options) =>
    each(name, ['audiences', 'reasons'], async (given) => {
      const { page, say } = given;
      const dialog = page.getByRole('dialog');

      await code({ ...given, dialog,
        yes: dialog.getByRole('button', { name: say('common.yes_continue') }),
        close: async () => {
          await dialog.getByRole('button', { name: say('common.close') }).last().click();
          await dialog.waitFor({ state: 'hidden' });
        } });
    }, { tenant: (language) => language.toLowerCase(), ...options });

  await tell('a file comes out', async ({ page, open, axe, say, dialog, yes, close }) => {
    await open('/audiences?q=todos');
    await choose(page, say, 'Todos', 'export');
    await dialog.getByText(say('audiences.export_text', { count: 5, name: 'Todos' }))
      .waitFor();
    await dialog.getByText(say('audiences.export_no_mail')).waitFor();
    await dialog.getByText(say('audiences.export_hours', { count: 48 })).waitFor();
    await axe();
    await dialog.getByRole('button', { name: say('common.no'), exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
    check(await exportsOf(page, 'Todos'), []);

    await choose(page, say, 'Todos', 'export');
    await yes.click();
    await dialog.getByText(say('audiences.export_done', { count: 3 })).waitFor();
    await dialog.getByText(say('audiences.export_without_phone', { count: 1 })).waitFor();
    await dialog.getByText(say('audiences.export_refused', { count: 1 })).waitFor();

    const [made] = await exportsOf(page, 'Todos');

    await dialog.getByText(say('audiences.export_until',
      { at: await moment(page, made.expires_at) })).waitFor();
    await axe();
    match((await content(page, () => dialog.getByRole('link',
      { name: say('audiences.download') }).click())).replaceAll('\r', ''), file);
    await close();
    await countedAs(page, 'Todos', 1);

    await page.getByRole('link', { name: 'Todos', exact: true }).click();
    await newest(page, say).getByText(say('audiences.state_done'), { exact: true })
      .waitFor();
    await until(() => newest(page, say).nth(4).innerText(), '1');
    await axe();

    // The link stays good, and each download counts.
    await content(page, () => newest(page, say).getByRole('link',
      { name: say('audiences.download') }).click());
    await countedAs(page, 'Todos', 2);
    await page.reload();
    await until(() => newest(page, say).nth(4).innerText(), '2');
  });

  await tell('a link is copied; two days later it is no link',
    async ({ page, open, axe, context, say, dialog, yes, close }) => {
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      await openAudience(page, open, 'Todos');
      await above(page, say).click();
      await yes.click();
      await dialog.getByRole('button', { name: say('audiences.copy_link') }).click();
      await dialog.getByRole('status').getByText(say('common.copied')).waitFor();

      const [made] = await exportsOf(page, 'Todos');

      await until(() => page.evaluate(() => navigator.clipboard.readText()), made.url);
      await close();

      // In two days, as the language says it, and to the minute on a closer look.
      const soon = await page.evaluate(() => new Intl.RelativeTimeFormat(
        document.documentElement.lang, { numeric: 'auto' }).format(2, 'day'));

      await newest(page, say).getByText(soon, { exact: true }).waitFor();
      await until(() => newest(page, say).nth(3).locator('[title]')
        .getAttribute('title'), await moment(page, made.expires_at));

      await page.clock.setFixedTime(Date.now() + 49 * hour);
      await page.reload();
      await newest(page, say).getByText(say('audiences.state_expired'), { exact: true })
        .waitFor();
      check(await card(page, say('audiences.exports')).getByRole('link').count(), 0);
      await axe();
    });

  await tell('a file that cannot be made',
    async ({ page, open, axe, say, dialog, yes, close }) => {
      await open('/audiences?q=todos');
      await stack.break_exports();
      await choose(page, say, 'Todos', 'export');
      await yes.click();
      await dialog.getByText(say('audiences.export_failed')).waitFor();
      await axe();
      await stack.mend_exports();
      await dialog.getByRole('button', { name: say('common.again') }).click();
      await dialog.getByText(say('audiences.export_done', { count: 3 })).waitFor();
      await close();
      await page.getByRole('link', { name: 'Todos', exact: true }).click();

      const list = card(page, say('audiences.exports'));

      await list.getByText(say('audiences.state_failed'), { exact: true }).waitFor();
      await list.getByText(say('audiences.state_done'), { exact: true }).first().waitFor();
    });

  await tell('a file that takes its time',
    async ({ page, open, axe, say, dialog, yes, close }) => {
      const state = newest(page, say).nth(1);

      await stack.hold_jobs('export:started');
      await openAudience(page, open, 'Todos');
      await above(page, say).click();
      await yes.click();
      await dialog.getByText(say('audiences.export_may_close')).waitFor();
      await axe();
      await close();
      await page.getByText(say('audiences.export_goes_on')).waitFor();
      await state.getByText(new RegExp(`^\\s*(${say('audiences.state_queued')}|${
        say('audiences.state_running')})\\s*$`)).waitFor();
      await stack.release_jobs();
      await state.getByText(say('audiences.state_done'), { exact: true }).waitFor();
    });

  await tell('an audience that goes takes its file with it',
    async ({ page, open, axe, expect, say, dialog, yes }) => {
      const list = card(page, say('audiences.exports'));

      expect(/status of 404/);
      await stack.hold_jobs('export:started');
      await openAudience(page, open, 'De saída');
      await list.getByText(say('audiences.exports_none')).waitFor();
      await list.getByRole('button', { name: say('audiences.export'), exact: true })
        .click();
      await yes.click();
      await dialog.getByText(say('audiences.export_may_close')).waitFor();

      // Somebody else deletes it meanwhile.
      const { pathname } = new URL(page.url());

      check(await page.evaluate(async (path) =>
        (await fetch(`/v1${path}`, { method: 'DELETE' })).status, pathname), 204);
      await stack.release_jobs();
      await dialog.getByText(say('audiences.export_revoked')).waitFor();
      await axe();
    });

  await stack.with_mail();

  await tell('an e-mail brings the link',
    async ({ page, open, axe, context, say, language, dialog, yes, close }) => {
      const email = `ana.${language.toLowerCase()}@example.com`;

      await open('/audiences?q=todos');
      await choose(page, say, 'Todos', 'export');
      await dialog.getByText(say('audiences.export_mail', { email })).waitFor();
      await axe();
      await yes.click();
      await dialog.getByText(say('audiences.export_mailed', { email })).waitFor();
      await close();

      const mail = await stack.mail_to(email);
      const [made] = await exportsOf(page, 'Todos');

      check(mail.language, language);
      match(mail.subject, { 'pt-BR': /^Sua audiência “Todos” está pronta para baixar$/,
        en: /^Your audience “Todos” is ready to download$/,
        es: /^Tu audiencia “Todos” está lista para descargar$/ }[language]);
      match(mail.text, { 'pt-BR': /com 3 contatos,[^]*vale por 48 horas, até /,
        en: /with 3 contacts,[^]*valid for 48 hours, until /,
        es: /con 3 contactos,[^]*vale por 48 horas, hasta el / }[language]);
      check(mail.link, made.url);

      // As a mail program opens it, in which nobody is logged in.
      const reader = await context.browser().newContext({ acceptDownloads: true });
      const letter = await reader.newPage();

      await letter.setContent(mail.html);
      match((await content(letter, () => letter.locator(`a[href="${made.url}"]`).first()
        .click())).replaceAll('\r', ''), file);
      await reader.close();
      await countedAs(page, 'Todos', 1);

      await page.getByRole('link', { name: 'Todos', exact: true }).click();
      await until(() => newest(page, say).nth(4).innerText(), '1');
      await newest(page, say).getByText(say('audiences.state_done'), { exact: true })
        .waitFor();
    });

  await tell('who has no address finds the link on the page',
    async ({ page, open, axe, say, dialog }) => {
      await open('/audiences?q=todos');
      await choose(page, say, 'Todos', 'export');
      await dialog.getByText(say('audiences.export_no_address')).waitFor();
      await axe();
    }, { user: 'robot' });
});
