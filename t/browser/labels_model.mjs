// Labels of conversations by a language model: what it costs, who asked before,
// and nobody there to ask.

import { card, fact, fits, inTenant } from './lib/page.mjs';
import { check, languages, stories, until } from './lib/stories.mjs';

const pages = ['labels', 'fields', 'problems'];


await stories(async ({ each, stack }) => {
  // Labelled while there is no model.
  for (const language of languages) {
    await stack.few(inTenant('model')(language));
    await stack.few(inTenant('dear')(language));
  }

  await stack.with_model(1000);
  await each('a language model costs more tokens than there are', pages,
    async ({ page, open, axe, say, language }) => {
      const dialog = page.getByRole('dialog', { name: say('labels.again_title') });

      await open('/labels');
      await card(page, say('fields.sentiment')).getByText('test-model').waitFor();
      await page.getByRole('button', { name: say('labels.see_cost') }).click();
      await dialog.getByText(say('labels.too_dear')).waitFor();
      check(await fact(dialog, say('labels.cost_left')),
        new Intl.NumberFormat(language).format(1000));
      check(await fact(dialog, say('labels.cost_questions')), '4');
      check(await fits(page), true);
      await axe();
    }, { tenant: inTenant('dear'), width: 360 });

  await stack.with_model(0);
  await each('a language model costs tokens', pages, async ({ page, open, axe, say }) => {
    const dialog = page.getByRole('dialog', { name: say('labels.again_title') });

    await open('/labels');
    await page.getByRole('button', { name: say('labels.see_cost') }).click();
    await dialog.getByText(say('labels.cost_tokens')).waitFor();
    check(await dialog.getByText(say('labels.cost_left')).count(), 0);
    check(await fact(dialog, say('labels.cost_questions')), '4');
    await dialog.getByRole('button', { name: say('labels.again_yes') }).click();
    const again = card(page, say('labels.again'));
    await again.getByText(say('labels.result_model', { count: 4 })).waitFor();
    check(await fits(page), true);
    await axe();
  }, { tenant: inTenant('model'), width: 360 });

  await each('what somebody else has begun is followed, and cancelled', pages,
    async ({ page, open, axe, expect, say }) => {
      const dialog = page.getByRole('dialog', { name: say('labels.again_title') });

      expect(/status of 409/);
      await stack.hold_jobs('classify:started');
      await open('/labels');
      await page.getByRole('button', { name: say('labels.see_cost') }).click();
      await dialog.waitFor();
      check(await page.evaluate(async () => (await fetch('/v1/conversations/classify',
        { method: 'POST' })).status), 202);
      await dialog.getByRole('button', { name: say('labels.again_yes') }).click();
      const again = card(page, say('labels.again'));
      await again.getByText(say('labels.again_going')).waitFor();
      await until(() => dialog.count(), 0);
      await Promise.all([
        page.waitForResponse((answer) => answer.url().endsWith('/cancel')),
        again.getByRole('button', { name: say('common.cancel') }).click()]);
      await stack.release_jobs();
      await again.getByText(say('labels.again_cancelled', { at: '@' }).split('@')[0])
        .waitFor();
      await axe();
    }, { tenant: inTenant('dear') });

  await each('the worker is away', pages, async ({ page, open, axe, expect, say }) => {
    const waiting = page.locator('.note-info', { hasText: say('problems.not_loaded') })
      .first();

    expect(/status of 50[234]/);
    await stack.stop_worker();
    await open('/labels');
    await waiting.waitFor();
    await page.locator('#main').getByText(say('common.trouble_worker')).waitFor();
    await axe();
    await stack.start_worker();
    await card(page, say('fields.sentiment')).getByText('test-model').waitFor();
    await waiting.waitFor({ state: 'detached' });
  }, { tenant: inTenant('dear') });
});
