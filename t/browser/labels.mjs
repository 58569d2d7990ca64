// Labels of conversations: too little to learn from, then enough; labelled again
// at a cost that is told.

import { check, languages, match, stories, texts } from './lib/stories.mjs';


const card = (page, name) => page.getByRole('region', { name, exact: true });

const said = (text, count, language) =>
  (text[new Intl.PluralRules(language).select(count)] ?? text.other)
    .replace('{count}', new Intl.NumberFormat(language).format(count));

// The number that stands beside a name.
async function fact(dialog, name) {
  return dialog.locator('dt', { hasText: name }).locator('+ dd').innerText();
}


async function askCost(page, l) {
  await page.getByRole('button', { name: l.see_cost }).click();
}


await stories(async ({ story, stack }) => {
  for (const language of languages) {
    const tenant = `labels-${language.toLowerCase()}`;
    const l = await texts(language, 'labels');
    const p = await texts(language, 'people');
    const f = await texts(language, 'fields');
    const c = await texts(language, 'common');

    await story(`too little to learn from (${language})`,
      async ({ page, open, axe, expect }) => {
        expect(/status of 409/);
        await stack.few(tenant);
        await open('/people');
        await page.getByRole('link', { name: l.title }).click();
        await page.getByRole('heading', { level: 1, name: l.title }).waitFor();

        const sentiment = card(page, f.sentiment);
        await sentiment.getByText(said(l.few, 199, language)).waitFor();
        await sentiment.getByText(l.by_builtin).waitFor();
        await page.getByRole('button', { name: l.learn }).click();
        const why = page.getByRole('alert');
        await why.getByText(l.too_little_text.replace('{limit}', 200)).waitFor();
        await why.getByText(said(l.too_little_now, 1, language)).waitFor();
        check(await why.getByRole('link').getAttribute('href'), '/people');

        await askCost(page, l);
        await page.getByText(said(l.nothing, 4, language)).waitFor();
        await axe();
      }, { language, tenant });

    await story(`learned, and labelled again (${language})`,
      async ({ page, open, axe }) => {
        await stack.enough(tenant);
        await stack.hold_jobs('classify:started');
        await open('/labels');

        const sentiment = card(page, f.sentiment);
        await sentiment.getByText(l.better).waitFor();
        await sentiment.locator('.tag', { hasText: l.by_learned }).waitFor();
        check(await sentiment.getByRole('row').count(), 3);
        match(await sentiment.getByRole('row').nth(2).innerText(), /\d\s?%/);
        await card(page, f.purchaseIntention).getByText(p.value_purchaseIntention_other)
          .waitFor();

        await page.getByText(l.meaning).click();
        await page.getByText(l.macro_f1_text).waitFor();

        await askCost(page, l);
        const dialog = page.getByRole('dialog', { name: l.again_title });
        await dialog.getByText(l.costs_nothing).waitFor();
        check(await fact(dialog, l.cost_conversations), '204');
        check(await fact(dialog, l.cost_unchanged), '201');
        check(await fact(dialog, l.cost_changed), '3');
        await axe();
        await dialog.getByRole('button', { name: c.no, exact: true }).click();

        await page.getByLabel(l.whose).selectOption({ index: 1 });
        await askCost(page, l);
        check(await fact(dialog, l.cost_conversations), '204');
        await dialog.getByRole('button', { name: l.again_yes }).click();
        const again = card(page, l.again);
        await again.getByText(l.again_going).waitFor();
        await axe();
        await page.reload();
        await again.getByText(l.again_going).waitFor();
        await stack.release_jobs();
        await again.getByText(said(l.result_classified, 3, language)).waitFor();
        await again.getByText(said(l.result_unchanged, 201, language)).waitFor();

        await page.getByRole('button', { name: l.learn }).click();
        await page.locator('.toast').getByText(l.learned).waitFor();
        await axe();

        await open('/jobs');
        await page.locator('#main a[href="/labels"]').nth(2).waitFor();
      }, { language, tenant, ...{ en: { width: 360, dark: true },
                                  es: { dark: true } }[language] });
  }

  const tenant = 'labels-pt-br';
  const l = await texts('pt-BR', 'labels');
  const f = await texts('pt-BR', 'fields');

  await story('a language model costs tokens', async ({ page, open, axe }) => {
    await stack.few('labels-model');
    await stack.with_model(1000);
    await open('/labels');
    await card(page, f.sentiment).getByText('test-model').waitFor();
    check(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    await askCost(page, l);
    const dialog = page.getByRole('dialog', { name: l.again_title });
    await dialog.getByText(l.too_dear).waitFor();
    check(await fact(dialog, l.cost_left), '1.000');
    check(await fact(dialog, l.cost_questions), '4');
    await axe();

    await stack.with_model(0);
    await page.reload();
    await askCost(page, l);
    await dialog.getByText(l.cost_tokens).waitFor();
    check(await dialog.getByText(l.cost_left).count(), 0);
    await dialog.getByRole('button', { name: l.again_yes }).click();
    await card(page, l.again).getByText(said(l.result_model, 4, 'pt-BR')).waitFor();
  }, { tenant: 'labels-model', width: 360 });

  await story('what somebody else has begun is followed, and cancelled',
    async ({ page, open, axe, expect }) => {
      expect(/status of 409/);
      await stack.hold_jobs('classify:started');
      await open('/labels');
      await askCost(page, l);
      await page.getByRole('dialog').waitFor();
      check(await page.evaluate(async () => (await fetch('/v1/conversations/classify',
        { method: 'POST' })).status), 202);
      await page.getByRole('button', { name: l.again_yes }).click();
      const again = card(page, l.again);
      await again.getByText(l.again_going).waitFor();
      check(await page.getByRole('dialog').count(), 0);
      await again.getByRole('button', { name: 'Cancelar' }).click();
      await stack.release_jobs();
      await again.getByText(/Última vez: cancelado/).waitFor();
      await axe();
    }, { tenant });

  await story('the worker is away', async ({ page, open, axe, expect }) => {
    expect(/status of 50[234]/);
    await stack.stop_worker();
    await open('/labels');
    await page.locator('.note-bad').first().waitFor();
    await axe();
    await stack.start_worker();
    await card(page, f.sentiment).getByText('test-model').waitFor();
  }, { tenant });
});
