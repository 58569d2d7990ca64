// Automatic segmentation: asked for, followed, understood.

import { check, languages, stories, texts } from './lib/stories.mjs';


const card = (page, title) => page.getByRole('region', { name: title, exact: true });


// What is said of a number of things, in the language's own plural.
function count(text, n, language) {
  const form = new Intl.PluralRules(language).select(n);

  return (text[form] ?? text.other)
    .replace('{count}', new Intl.NumberFormat(language).format(n));
}


async function generate(page, s, c, copies) {
  await page.getByRole('button', { name: s.generate }).click();
  if (copies) {
    await page.getByRole('checkbox', { name: s.ask_copies }).check();
  }
  await page.getByRole('button', { name: c.yes_continue }).click();
}


await stories(async ({ story, stack }) => {
  for (const language of languages) {
    const s = await texts(language, 'segmentation');
    const a = await texts(language, 'audiences');
    const c = await texts(language, 'common');
    const tenant = `seg-${language.toLowerCase()}`;
    const once = (axe) => (language === 'pt-BR' ? axe() : null);

    await story(`from too little data to groups (${language})`,
      async ({ page, open, axe, expect }) => {
        expect(/status of 409/);
        await stack.have('few', tenant);
        await open('/segmentation');
        await page.getByRole('heading', { name: s.how }).waitFor();
        await once(axe);

        const dialog = page.getByRole('dialog', { name: s.ask });
        await page.getByRole('button', { name: s.generate }).click();
        await once(axe);
        await dialog.getByRole('button', { name: c.no, exact: true }).click();
        await dialog.waitFor({ state: 'detached' });
        await generate(page, s, c, true);
        await dialog.getByText(s.too_little).waitFor();
        await dialog.getByText(count(s.too_little_now, 3, language)).waitFor();
        check(await dialog.getByRole('link', { name: s.too_little_do })
          .getAttribute('href'), '/sources');
        await once(axe);
        await dialog.getByRole('button', { name: c.no, exact: true }).click();

        await stack.have('groups', tenant);
        await generate(page, s, c, true);
        const last = card(page, s.latest);
        await last.getByText(count(s.outcome_groups, 2, language)).waitFor();
        check(await last.getByText(s.change_new, { exact: true }).count(), 2);
        await last.getByText(s.copies_where).waitFor();
        await last.locator('summary').last().click();
        await last.getByText(s.reason_identifier, { exact: true }).waitFor();
        await once(axe);

        await last.locator('tbody a').first().click();
        await page.getByRole('region', { name: a.copies }).waitFor();
        check(await page.getByRole('region', { name: a.copies })
          .getByRole('listitem').count(), 3);
        await page.getByRole('link', { name: a.run }).click();
        await page.getByRole('heading', { level: 1, name: s.one }).waitFor();
      }, { language, tenant });

    await story(`the next run, and the runs before (${language})`,
      async ({ page, open, axe }) => {
        await stack.have('more', tenant);
        await open('/segmentation');
        await generate(page, s, c, false);
        const last = card(page, s.latest);
        await last.getByText(count(s.outcome_groups, 3, language)).waitFor();
        await last.getByText(s.change_grown, { exact: true }).waitFor();
        await last.getByText(s.change_kept, { exact: true }).waitFor();
        await last.getByText(s.change_new, { exact: true }).waitFor();
        const earlier = card(page, s.earlier);
        check(await earlier.locator('tbody tr').count(), 1);
        await once(axe);
        await earlier.getByRole('link').click();
        await page.getByText(count(s.outcome_groups, 2, language)).waitFor();
      }, { language, tenant });
  }

  const s = await texts('pt-BR', 'segmentation');
  const c = await texts('pt-BR', 'common');

  for (const [file, outcome] of [['noise', 'no_groups'], ['bare', 'no_fields']]) {
    await story(`nothing is found: ${outcome}`, async ({ page, open, axe }) => {
      await stack.have(file, file);
      await open('/segmentation');
      await generate(page, s, c, false);
      await page.getByText(s[`outcome_${outcome}`], { exact: true }).waitFor();
      await page.getByText(s[`outcome_${outcome}_text`]).waitFor();
      await axe();
    }, { tenant: file });
  }

  await story('a run is followed, left, found again and cancelled',
    async ({ page, open, axe }) => {
      await stack.hold_jobs('segment:halfway');
      await open('/segmentation');
      await generate(page, s, c, false);
      await page.getByText(s.stage_assigning).waitFor();
      await axe();
      await page.getByRole('link', { name: c.menu_jobs }).click();
      await page.getByRole('heading', { level: 1, name: c.menu_jobs }).waitFor();
      await page.locator('#side').getByRole('link', { name: c.menu_segmentation }).click();
      await page.getByText(s.stage_assigning).waitFor();
      check(await page.evaluate(() =>
        document.documentElement.scrollWidth <= innerWidth), true);
      await page.getByRole('button', { name: c.cancel }).click();
      await stack.release_jobs();
      await page.getByText(s.cancelled).waitFor();
      await axe();
    }, { tenant: 'seg-pt-br', dark: true });

  await story('on a narrow window', async ({ page, open, axe }) => {
    await open('/segmentation');
    await page.getByText(s.cancelled).waitFor();
    await card(page, s.earlier).getByRole('link').first().click();
    await page.getByText(count(s.outcome_groups, 3, 'pt-BR')).waitFor();
    await axe();
    check(await page.evaluate(() =>
      document.documentElement.scrollWidth <= innerWidth), true);
  }, { tenant: 'seg-pt-br', width: 360, dark: true });

  await story('the worker is away', async ({ page, open, axe, expect }) => {
    expect(/status of 50[234]/);
    await open('/segmentation');
    await page.getByText(s.cancelled).waitFor();
    await stack.kill_worker();
    await generate(page, s, c, false);
    await page.getByText(c.trouble_worker).waitFor();
    await axe();
    await stack.start_worker();
    await page.getByText(c.trouble_worker).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: c.yes_continue }).click();
    await page.getByText(count(s.outcome_groups, 3, 'pt-BR')).waitFor();
  }, { tenant: 'seg-pt-br' });
});
