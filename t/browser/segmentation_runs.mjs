// Automatic segmentation: runs that find nothing, that are left, cancelled, or
// have nobody who would do them.

import { card, fits, inTenant, told } from './lib/page.mjs';
import { generate } from './lib/segmentation.mjs';
import { check, stories } from './lib/stories.mjs';


await stories(async ({ each, stack }) => {
  for (const [file, outcome, widths] of [['noise', 'no_groups', {}],
    ['bare', 'no_fields', { width: 360, dark: true }]]) {
    await each(`nothing is found: ${outcome}`, ['segmentation'],
      async ({ page, open, axe, say, language }) => {
        await stack.have(file, inTenant(file)(language));
        await open('/segmentation');
        await generate(page, say);
        await told(page, say(`segmentation.outcome_${outcome}`)).waitFor();
        await page.getByText(say(`segmentation.outcome_${outcome}_text`)).waitFor();
        check(await fits(page), true);
        await axe();
      }, { tenant: inTenant(file), ...widths });
  }

  await each('groups of too few people', ['segmentation'],
    async ({ page, open, axe, say, language }) => {
      const last = card(page, say('segmentation.latest'));

      await stack.have('uneven', inTenant('uneven')(language));
      await stack.at_least(160);
      await open('/segmentation');
      await generate(page, say);
      await told(page, say('segmentation.outcome_too_few_people')).waitFor();
      await page.getByText(say('segmentation.outcome_too_few_people_text')).waitFor();
      await axe();
      await stack.at_least(60);
      await generate(page, say);
      await last.getByText(say('segmentation.outcome_groups', { count: 1 })).waitFor();
      await last.getByText(say('segmentation.too_small', { count: 1 })).waitFor();
    }, { tenant: inTenant('uneven') });
  await stack.at_least(5);

  await each('a run is followed, left, found again and cancelled', ['segmentation', 'jobs'],
    async ({ page, open, axe, say, language }) => {
      const stage = page.getByText(say('segmentation.stage_assigning'));

      await stack.have('groups', inTenant('left')(language));
      await stack.hold_jobs('segment:halfway');
      await open('/segmentation');
      await generate(page, say);
      await stage.waitFor();
      await axe();
      await page.locator('#side').getByRole('link', { name: say('common.menu_jobs') })
        .click();
      await page.getByRole('heading', { level: 1, name: say('common.menu_jobs') }).waitFor();
      await page.getByRole('link', { name: say('jobs.type_segment') }).last().waitFor();
      await page.locator('#side')
        .getByRole('link', { name: say('common.menu_segmentation') }).click();
      await stage.waitFor();
      check(await fits(page), true);
      await Promise.all([
        page.waitForResponse((answer) => answer.url().endsWith('/cancel')),
        page.getByRole('button', { name: say('common.cancel') }).click()]);
      await stack.release_jobs();
      await told(page, say('segmentation.cancelled')).waitFor();
      await axe();
    }, { tenant: inTenant('left'), dark: true });

  await each('the worker is away', ['segmentation'],
    async ({ page, open, axe, expect, say }) => {
      const note = told(page, say('common.trouble_worker'));

      expect(/status of 50[234]/);
      await open('/segmentation');
      await told(page, say('segmentation.cancelled')).waitFor();
      await stack.kill_worker();
      await generate(page, say);
      await note.waitFor();
      await axe();
      await stack.start_worker();
      await note.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: say('common.yes_continue') }).click();
      await page.getByText(say('segmentation.outcome_groups', { count: 2 })).waitFor();
    }, { tenant: inTenant('left') });

  await each('on a narrow window', ['segmentation'], async ({ page, open, axe, say }) => {
    await open('/segmentation');
    await page.getByText(say('segmentation.outcome_groups', { count: 2 })).waitFor();
    check(await fits(page), true);
    await card(page, say('segmentation.earlier')).getByRole('link').first().click();
    await told(page, say('segmentation.cancelled')).waitFor();
    await axe();
    check(await fits(page), true);
  }, { tenant: inTenant('left'), width: 360, dark: true });
});
