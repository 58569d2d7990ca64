// Labels of conversations: too little to learn from, then enough; what was learned
// is better, or is not; labelled again at a cost that is told.

import { card, fact, fits, inTenant } from './lib/page.mjs';
import { check, match, stories, until } from './lib/stories.mjs';

const pages = ['labels', 'people', 'fields', 'jobs'];


// What is said before a text goes on with a time.
function before(text) {
  return text.split('@')[0];
}


await stories(async ({ each, stack }) => {
  await each('too little to learn from', pages,
    async ({ page, open, axe, expect, say, language }) => {
      expect(/status of 409/);
      await stack.few(inTenant('labels')(language));
      await open('/people');
      await page.getByRole('link', { name: say('labels.title') }).click();
      await page.getByRole('heading', { level: 1, name: say('labels.title') }).waitFor();

      const sentiment = card(page, say('fields.sentiment'));
      await sentiment.getByText(say('labels.few', { count: 199 })).waitFor();
      await sentiment.getByText(say('labels.by_builtin')).waitFor();
      await page.getByRole('button', { name: say('labels.learn') }).click();
      const why = page.getByRole('alert');
      await why.getByText(say('labels.too_little_text', { limit: 200 })).waitFor();
      await why.getByText(say('labels.too_little_now', { count: 1 })).waitFor();
      check(await why.getByRole('link', { name: say('labels.too_little_do') })
        .getAttribute('href'), '/people');

      await page.getByRole('button', { name: say('labels.see_cost') }).click();
      await page.getByText(say('labels.nothing', { count: 4 })).waitFor();
      await axe();
    }, { tenant: inTenant('labels') });

  await each('learned, and labelled again', pages,
    async ({ page, open, axe, say, language }) => {
      await stack.enough(inTenant('labels')(language));
      await stack.hold_jobs('classify:started');
      await open('/labels');

      const sentiment = card(page, say('fields.sentiment'));
      await sentiment.getByText(say('labels.better')).waitFor();
      await sentiment.locator('.tag', { hasText: say('labels.by_learned') }).waitFor();
      await until(() => sentiment.getByRole('row').count(), 3);
      match(await sentiment.getByRole('row').nth(2).innerText(), /\d\s?%/);
      await sentiment.getByText(before(say('labels.learned_at', { at: '@', count: 201 })))
        .waitFor();

      const intention = card(page, say('fields.purchaseIntention'));
      await intention.getByText(say('labels.refused'), { exact: true }).waitFor();
      await intention.getByText(say('labels.refused_texts', { count: 0, limit: 10,
        value: say('people.value_purchaseIntention_other') })).waitFor();

      await page.getByText(say('labels.meaning'), { exact: true }).click();
      await page.getByText(say('labels.macro_f1_text')).waitFor();

      const dialog = page.getByRole('dialog', { name: say('labels.again_title') });
      const ask = page.getByRole('button', { name: say('labels.see_cost') });
      await ask.click();
      await dialog.getByText(say('labels.costs_nothing')).waitFor();
      check(await fact(dialog, say('labels.cost_conversations')), '204');
      check(await fact(dialog, say('labels.cost_unchanged')), '201');
      check(await fact(dialog, say('labels.cost_changed')), '3');
      await axe();
      await dialog.getByRole('button', { name: say('common.no'), exact: true }).click();
      await dialog.waitFor({ state: 'detached' });

      await page.getByRole('button', { name: `${say('labels.whose')}: ` }).click();
      await page.getByRole('listbox').getByRole('option', { name: 'Quem conversou' })
        .click();
      await ask.click();
      check(await fact(dialog, say('labels.cost_conversations')), '204');
      await dialog.getByRole('button', { name: say('labels.again_yes') }).click();
      const again = card(page, say('labels.again'));
      await again.getByText(say('labels.again_going')).waitFor();
      await axe();
      await page.reload();
      await again.getByText(say('labels.again_going')).waitFor();
      await stack.release_jobs();
      await again.getByText(say('labels.result_classified', { count: 3 })).waitFor();
      await again.getByText(say('labels.result_unchanged', { count: 201 })).waitFor();

      await page.getByRole('button', { name: say('labels.learn') }).click();
      await page.locator('.toast').getByText(say('labels.learned')).waitFor();
      check(await fits(page), true);
      await axe();

      await open('/jobs');
      await page.getByRole('link', { name: say('jobs.type_classify') }).waitFor();
      await until(() => page.getByRole('link', { name: say('jobs.type_learn') }).count(), 2);
    }, { tenant: inTenant('labels'), width: 360, dark: true });

  await each('what was learned is not better, and is not used', pages,
    async ({ page, open, axe, say, language }) => {
      await stack.known(inTenant('known')(language));
      await open('/labels');

      const sentiment = card(page, say('fields.sentiment'));
      await sentiment.getByText(say('labels.not_better')).waitFor();
      await sentiment.locator('.tag', { hasText: say('labels.by_builtin') }).waitFor();
      await until(() => sentiment.locator('tbody td.main-cell .cell').allInnerTexts(),
        [say('labels.by_builtin'), say('labels.by_learned')]);
      match(await sentiment.getByRole('row').nth(1).innerText(), /100\s?%/);
      await sentiment.getByText(before(say('labels.learned_at', { at: '@', count: 210 })))
        .waitFor();
      await axe();
    }, { tenant: inTenant('known') });
});
