// Jobs: what runs, what waits, what failed and why; retrying and cancelling.

import { inTenant, row, told } from './lib/page.mjs';
import { check, stories, until } from './lib/stories.mjs';


// E-mails are called like what they tell of.
function imported(page, say, name) {
  return row(page, `${say('jobs.type_import')}: ${name}`);
}


async function act(page, item, name) {
  await item.getByRole('button').click();
  await page.getByRole('menuitem', { name, exact: true }).click();
}


// When a job comes again, as it may be told of the next half an hour.
function soon(say, language) {
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });

  return Array.from({ length: 30 }, (_, i) =>
    say('jobs.again_at', { when: format.format(i + 1, 'minute') }));
}


await stories(async ({ each, stack }) => {
  await each('what was done and what failed', ['jobs', 'reasons'],
    async ({ page, open, axe, say, language }) => {
      await stack.mail_fails(inTenant('jobs')(language));
      await open('/jobs');
      await imported(page, say, 'sem-correio.csv')
        .getByText(say('jobs.state_done'), { exact: true }).waitFor();
      const failed = row(page, say('jobs.type_mail')).filter({
        hasText: say('jobs.state_dead') });
      await failed.waitFor();
      await failed.getByText(say('reasons.mail_unreachable')).waitFor();
      await axe();
      await failed.getByRole('button').click();
      const entry = page.getByRole('menuitem');
      await entry.waitFor();
      await axe();
      await page.keyboard.press('Escape');
      await entry.waitFor({ state: 'detached' });
      check(await failed.getByRole('button').evaluate((button) =>
        button === document.activeElement), true);

      await page.locator('[name=state]').selectOption({ label: say('jobs.state_dead') });
      await imported(page, say, 'sem-correio.csv').waitFor({ state: 'detached' });
      await failed.waitFor();
      await page.locator('[name=state]').selectOption('cancelled');
      await told(page, say('jobs.none_found')).waitFor();
      await axe();
    }, { tenant: inTenant('jobs') });

  await each('a failed job is tried again', ['jobs'], async ({ page, open, say }) => {
    const failed = row(page, say('jobs.state_dead'));
    const dialog = page.getByRole('dialog', { name: say('jobs.retry_title') });

    await stack.mail_works();
    await open('/jobs');
    await act(page, failed, say('jobs.retry'));
    await dialog.getByText(say('jobs.retry_text')).waitFor();
    await dialog.getByRole('button', { name: say('common.no'), exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    await act(page, failed, say('jobs.retry'));
    await dialog.getByRole('button', { name: say('common.yes_continue') }).click();
    await page.locator('.toast').getByText(say('jobs.done_retry')).waitFor();
    await failed.waitFor({ state: 'detached' });
    await row(page, say('jobs.type_mail')).getByText(say('jobs.state_done'),
      { exact: true }).waitFor();
  }, { tenant: inTenant('jobs') });

  await each('search narrows the list', ['jobs'],
    async ({ page, open, say, language }) => {
      const search = page.getByRole('searchbox', { name: say('jobs.search') });

      await stack.import_file('azul.csv', 'phoneNumber\n+5511900000008\n', 'tenant',
        inTenant('jobs')(language));
      await open('/jobs');
      await imported(page, say, 'sem-correio.csv').waitFor();
      await search.fill('AZUL');
      await imported(page, say, 'sem-correio.csv').waitFor({ state: 'detached' });
      await imported(page, say, 'azul.csv').waitFor();
      await page.waitForURL(/q=AZUL/);
      await page.getByLabel(say('common.to'), { exact: true }).fill('2020-01-01');
      await told(page, say('jobs.none_found')).waitFor();
    }, { tenant: inTenant('jobs') });

  await each('a job that waits for its next attempt is cancelled', ['jobs'],
    async ({ page, open, axe, say, language }) => {
      const waits = row(page, say('jobs.state_scheduled'));
      const dialog = page.getByRole('dialog', { name: say('jobs.cancel_title') });

      await stack.mail_waits(inTenant('waits')(language));
      await open('/jobs');
      await waits.waitFor();
      await until(async () => {
        const said = (await waits.innerText()).replaceAll('\u00a0', ' ');

        return soon(say, language).some((when) => said.includes(when)) || said;
      }, true);
      await act(page, waits, say('jobs.cancel'));
      await dialog.getByText(say('jobs.cancel_text')).waitFor();
      await axe();
      await dialog.getByRole('button', { name: say('common.yes_continue') }).click();
      await row(page, say('jobs.state_cancelled')).waitFor();
      await dialog.waitFor({ state: 'detached' });
      await axe();
    }, { tenant: inTenant('waits'), width: 360, dark: true });

  await each('a job that runs shows how far it is, and what waits for it', ['jobs'],
    async ({ page, open, axe, say, language }) => {
      const tenant = inTenant('runs')(language);

      await stack.hold_jobs('import:prepared');
      const id = await stack.upload('parado.csv', tenant);
      await stack.upload('depois.csv', tenant);
      await open('/jobs');
      const runs = imported(page, say, 'parado.csv');
      await runs.getByText(say('jobs.state_running'), { exact: true }).waitFor();
      await runs.getByText(say('jobs.stage_committing'), { exact: true }).waitFor();
      await imported(page, say, 'depois.csv')
        .getByText(say('jobs.state_ready'), { exact: true }).waitFor();
      await axe();
      await stack.release_jobs();
      for (const name of ['parado.csv', 'depois.csv']) {
        await row(page, name).getByText(say('jobs.state_done'), { exact: true }).waitFor();
      }
      await runs.getByRole('link').click();
      await page.getByRole('heading', { level: 1, name: 'parado.csv' }).waitFor();
      await page.waitForURL(new RegExp(`/sources/${id}$`));
    }, { tenant: inTenant('runs') });

  await each('events come again after the worker was away', ['jobs'],
    async ({ page, open, expect, say, language }) => {
      const tenant = inTenant('away')(language);
      const runs = imported(page, say, 'parado.csv')
        .filter({ hasText: say('jobs.state_running') });

      expect(/ERR_|status of 50[234]/);
      await stack.hold_jobs('import:started');
      await stack.upload('parado.csv', tenant);
      await open('/jobs');
      await runs.waitFor();
      await stack.kill_worker();
      await stack.start_worker();
      await imported(page, say, 'parado.csv')
        .getByText(say('jobs.state_done'), { exact: true }).waitFor();
      await until(() => page.locator('.note-warn').count(), 0);
    }, { tenant: inTenant('away') });
});
