// Data sources: what goes wrong on the way, and what is cancelled.

import { choose, file, good } from './lib/files.mjs';
import { inTenant, row, told } from './lib/page.mjs';
import { check, stories } from './lib/stories.mjs';

// More than sockets hold of what nobody reads.
const large = `phoneNumber,name,Opt-in,nota\n${Array.from({ length: 1000 }, (_, i) =>
  `+55119${10_000_000 + i},Ana,sim,${'x'.repeat(8000)}`).join('\n')}\n`;


// Some of it has gone, and the rest has not.
async function hasBegun(page, label) {
  await page.waitForFunction((text) => [...document.querySelectorAll('.progress')]
    .some((one) => one.innerText.includes(text)
                   && one.querySelector('progress').value > 0), label);
}


// The names of what has been imported, as the server has them.
async function imported(page) {
  return page.evaluate(async () => (await (await fetch('/v1/imports')).json())
    .items.map(({ filename, state, rows }) => `${filename} ${state} ${rows.imported}`));
}


await stories(async ({ each, stack }) => {
  await each('an upload shows its bytes, and can be cancelled', ['sources'],
    async ({ page, open, say }) => {
      const name = 'lento.csv';

      await open('/sources');
      await told(page, say('sources.none')).waitFor();
      await stack.freeze_nginx();
      await choose(page, await file(name, large));
      await hasBegun(page, say('sources.sending', { name }));
      await page.locator('#main').getByText(
        say('sources.bytes_of', { sent: '', size: '8 MB' }).trim()).waitFor();
      await page.getByRole('button', { name: say('sources.cancel', { name }) }).click();
      await told(page, say('sources.cancelled', { name })).waitFor();
      await stack.thaw_nginx();
      check(await imported(page), []);
    }, { tenant: inTenant('slow') });

  await each('an import that runs can be cancelled', ['sources', 'reasons'],
    async ({ page, open, say }) => {
      const name = 'parado.csv';

      await stack.hold_jobs('import:started');
      await open('/sources');
      await choose(page, await file(name, good));
      await told(page, say('sources.job_running', { name })).waitFor();
      await Promise.all([
        page.waitForResponse((answer) => answer.url().endsWith('/cancel')),
        page.getByRole('button', { name: say('sources.cancel', { name }) }).click()]);
      await stack.release_jobs();
      await told(page, say('reasons.import_cancelled')).waitFor();
      await row(page, name).getByText(say('sources.state_failed')).waitFor();
    }, { tenant: inTenant('cancel') });

  await each('the worker is killed half-way through an import', ['sources'],
    async ({ page, open, expect, say }) => {
      const name = 'morto.csv';

      expect(/status of 50[234]|ERR_/);
      await stack.hold_jobs('import:prepared');
      await open('/sources');
      await choose(page, await file(name, good));
      await told(page, say('sources.job_running', { name })).waitFor();
      await row(page, name).getByText(say('sources.state_running')).waitFor();
      await stack.kill_worker();
      await stack.start_worker();
      await told(page, say('sources.ended_partly', { name })).waitFor();
      await told(page, say('sources.counts', { imported: 1, refused: 1, rejected: 1 }))
        .waitFor();
      await row(page, name).getByText(say('sources.state_partly')).waitFor();
      check(await imported(page), [`${name} succeeded 1`]);
    }, { tenant: inTenant('killed') });

  await each('the connection is cut: the file is sent again', ['sources', 'problems'],
    async ({ page, open, expect, axe, say }) => {
      const name = 'cortado.csv';
      const note = told(page, say('common.trouble_offline'));

      expect(/ERR_|status of 50[234]/);
      await open('/sources');
      await told(page, say('sources.none')).waitFor();
      await stack.freeze_nginx();
      await choose(page, await file(name, large));
      await hasBegun(page, say('sources.sending', { name }));
      await stack.kill_nginx();
      await told(page, say('sources.refused', { name })).waitFor();
      await told(page, say('problems.offline')).waitFor();
      await note.waitFor();
      await axe();
      await stack.start_nginx();
      await note.waitFor({ state: 'detached' });
      check(await imported(page), []);
      await page.getByRole('button', { name: say('common.again') }).click();
      await told(page, say('sources.ended_complete', { name })).waitFor();
      check(await imported(page), [`${name} succeeded 1000`]);
    }, { tenant: inTenant('cut') });

  await each('an answer that is lost: the file is imported once', ['sources', 'problems'],
    async ({ page, open, expect, say }) => {
      const name = 'perdido.csv';

      expect(/ERR_|status of 50[234]/);
      await open('/sources');
      await told(page, say('sources.none')).waitFor();
      await stack.freeze_worker();
      await choose(page, await file(name, good));
      await stack.wait_spooled();
      await stack.kill_nginx();
      await stack.thaw_worker();
      await told(page, say('sources.refused', { name })).waitFor();
      await stack.start_nginx();
      await page.getByRole('button', { name: say('common.again') }).click();
      await told(page, say('sources.ended_partly', { name })).waitFor();
      await row(page, name).waitFor();
      check(await imported(page), [`${name} succeeded 1`]);
    }, { tenant: inTenant('lost') });

  await each('the worker is away: one line says so, and goes by itself',
    ['sources', 'problems'],
    async ({ page, open, expect, axe, say, language }) => {
      const name = 'depois.csv';

      expect(/status of 50[234]|ERR_/);
      await stack.import_file('antes.csv', good, 'tenant', inTenant('away')(language));
      await open('/sources');
      await row(page, 'antes.csv').waitFor();
      await stack.stop_worker();
      await choose(page, await file(name, good));
      const note = told(page, say('common.trouble_worker'));
      await note.waitFor();
      const again = page.getByRole('button', { name: say('common.again') });
      await again.waitFor();
      await axe();
      await row(page, 'antes.csv').waitFor();
      await stack.start_worker();
      await note.waitFor({ state: 'detached' });
      await again.click();
      await told(page, say('sources.ended_partly', { name })).waitFor();
    }, { tenant: inTenant('away') });

  await each('the session has ended', ['sources'],
    async ({ page, context, open, expect, axe, say, language }) => {
      const name = 'aberto.csv';
      const tenant = inTenant('ended')(language);

      expect(/status of 401/);
      await stack.let_in();
      await context.setExtraHTTPHeaders({ 'X-Tenant': tenant, 'X-Login': 'yes',
        'X-User': `ana.${language.toLowerCase()}@example.com` });
      await stack.import_file(name, good, 'tenant', tenant);
      await open('/sources');
      await row(page, name).waitFor();
      await stack.expire();
      await page.getByRole('searchbox').fill('x');
      await told(page, say('common.expired')).waitFor();
      await page.getByRole('button', { name: say('common.log_in') }).waitFor();
      await axe();
    }, { credentials: { username: 'ana', password: 'secret' } });

  await each('an import of another tenant is not found', ['sources', 'problems'],
    async ({ page, open, expect, say }) => {
      const { id } = await stack.import_file('alheio.csv', good, 'tenant', 'elsewhere');

      expect(/status of 404/);
      await open(`/sources/${id}`);
      await told(page, say('problems.not-found')).waitFor();
    }, { tenant: inTenant('other') });
});
