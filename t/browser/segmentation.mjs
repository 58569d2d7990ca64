// Automatic segmentation: asked for, understood, asked for again.

import { card, inTenant } from './lib/page.mjs';
import { generate } from './lib/segmentation.mjs';
import { check, stories, until } from './lib/stories.mjs';


await stories(async ({ each, stack }) => {
  await each('from too little data to groups', ['segmentation', 'audiences'],
    async ({ page, open, axe, expect, say, language }) => {
      const tenant = inTenant('groups')(language);
      const dialog = page.getByRole('dialog', { name: say('segmentation.ask') });
      const no = dialog.getByRole('button', { name: say('common.no'), exact: true });

      expect(/status of 409/);
      await stack.have('few', tenant);
      await open('/segmentation');
      await page.getByRole('heading', { name: say('segmentation.how') }).waitFor();
      await axe();

      await page.getByRole('button', { name: say('segmentation.generate') }).click();
      await dialog.getByText(say('segmentation.ask_text')).waitFor();
      await axe();
      await no.click();
      await dialog.waitFor({ state: 'detached' });
      await generate(page, say, { copies: true });
      await dialog.getByText(say('segmentation.too_little')).waitFor();
      await dialog.getByText(say('segmentation.too_little_text', { limit: 7 })).waitFor();
      await dialog.getByText(say('segmentation.too_little_now', { count: 3 })).waitFor();
      check(await dialog.getByRole('link', { name: say('segmentation.too_little_do') })
        .getAttribute('href'), '/sources');
      await axe();
      await no.click();
      await dialog.waitFor({ state: 'detached' });

      await stack.have('groups', tenant);
      await generate(page, say, { copies: true });
      const last = card(page, say('segmentation.latest'));
      await last.getByText(say('segmentation.outcome_groups', { count: 2 })).waitFor();
      await until(() => last.getByText(say('segmentation.change_new'), { exact: true })
        .count(), 2);
      await last.getByText(say('segmentation.copies_where')).waitFor();
      await last.locator('summary').last().click();
      await last.getByText(say('segmentation.reason_identifier'), { exact: true }).waitFor();
      await axe();

      await last.locator('tbody a').first().click();
      const copies = card(page, say('audiences.copies'));
      await until(() => copies.getByRole('listitem').count(), 3);
      await page.getByRole('link', { name: say('audiences.run') }).click();
      await page.getByRole('heading', { level: 1, name: say('segmentation.one') }).waitFor();
    }, { tenant: inTenant('groups') });

  await each('the next run, and the runs before', ['segmentation'],
    async ({ page, open, axe, say, language }) => {
      await stack.have('more', inTenant('groups')(language));
      await open('/segmentation');
      await card(page, say('segmentation.latest')).waitFor();
      await generate(page, say);
      const last = card(page, say('segmentation.latest'));
      await last.getByText(say('segmentation.outcome_groups', { count: 3 })).waitFor();
      for (const change of ['grown', 'kept', 'new']) {
        await last.getByText(say(`segmentation.change_${change}`), { exact: true }).waitFor();
      }
      const earlier = card(page, say('segmentation.earlier'));
      await until(() => earlier.locator('tbody tr').count(), 1);
      await axe();
      await earlier.getByRole('link').click();
      await page.getByText(say('segmentation.outcome_groups', { count: 2 })).waitFor();
    }, { tenant: inTenant('groups') });

  await each('groups that have shrunk, and one that is gone', ['segmentation'],
    async ({ page, open, axe, say, language }) => {
      await stack.undo('more', inTenant('groups')(language));
      await open('/segmentation');
      const last = card(page, say('segmentation.latest'));
      await last.getByText(say('segmentation.outcome_groups', { count: 3 })).waitFor();
      await generate(page, say);
      await last.getByText(say('segmentation.outcome_groups', { count: 2 })).waitFor();
      await last.getByText(say('segmentation.change_shrunk'), { exact: true }).waitFor();
      await last.getByRole('heading', { name: say('segmentation.gone', { count: 1 }) })
        .waitFor();
      await last.getByText(say('segmentation.gone_text')).waitFor();
      await axe();
    }, { tenant: inTenant('groups') });
});
