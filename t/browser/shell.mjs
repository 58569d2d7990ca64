// The frame of all pages: menu, addresses, languages, themes, keyboard.

import { fits, inTenant } from './lib/page.mjs';
import { check, languages, stories, until, words } from './lib/stories.mjs';


function heading(page, name) {
  return page.getByRole('heading', { level: 1, name, exact: true });
}


function ground(page) {
  return page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
}


// Where a person is asked for in this language, another language and its texts.
async function another(language) {
  const other = languages[(languages.indexOf(language) + 1) % languages.length];

  return { other, says: await words(other, 'sources') };
}


await stories(async ({ each }) => {
  await each('the pages speak', [], async ({ page, open, axe, say, language }) => {
    await open('/');
    for (const name of ['build', 'segmentation', 'audiences', 'people', 'jobs']) {
      await page.getByRole('navigation').getByRole('link',
        { name: say(`common.menu_${name}`), exact: true }).click();
      await heading(page, say(`common.menu_${name}`)).waitFor();
      await page.waitForURL(new RegExp(`/${name}$`));
      await until(() => page.title(), `${say(`common.menu_${name}`)} · ${say('common.brand')}`);
      await until(() => page.evaluate(() => document.activeElement.tagName), 'H1');
    }
    check(await page.getAttribute('html', 'lang'), language);
    await axe();
    await page.goBack();
    await heading(page, say('common.menu_people')).waitFor();
    await axe();
  }, { tenant: inTenant('speak') });

  await each('a language that was chosen stays, on another machine too', ['sources'],
    async ({ page, open, say, language }) => {
      const { other, says } = await another(language);

      await open('/sources');
      await heading(page, say('sources.title')).waitFor();
      const kept = page.waitForResponse((answer) => answer.request().method() === 'PUT');
      await page.getByLabel(say('common.language')).selectOption(other);
      await heading(page, says('sources.title')).waitFor();
      check((await (await kept).json()).language, other);
      await until(() => page.getAttribute('html', 'lang'), other);
      await page.reload();
      await heading(page, says('sources.title')).waitFor();

      // Another machine knows nothing but who it is.
      await page.evaluate(() => localStorage.clear());
      check(await page.evaluate(() => navigator.language), language);
      await page.reload();
      await heading(page, says('sources.title')).waitFor();
    }, { tenant: inTenant('chosen') });

  await each('light and dark', [], async ({ page, open, axe, say }) => {
    await open('/jobs');
    const system = await ground(page);
    const choice = page.getByLabel(say('common.theme'));

    await axe();
    await choice.selectOption({ label: say('common.theme_light') });
    await until(async () => await ground(page) !== system, true);
    await page.reload();
    await page.locator('h1').waitFor();
    check(await ground(page) !== system, true);
    await axe();
    await choice.selectOption({ label: say('common.theme_dark') });
    await until(() => ground(page), system);
    await choice.selectOption({ label: say('common.theme_system') });
    await until(() => ground(page), system);
  }, { dark: true });

  await each('on a narrow window the menu opens by its button', [],
    async ({ page, open, axe, say }) => {
      const link = page.getByRole('navigation').getByRole('link',
        { name: say('common.menu_jobs'), exact: true });

      await open('/sources');
      check(await link.count(), 0, 'what is not in view is not told');
      await page.getByRole('button', { name: say('common.menu'), exact: true }).click();
      await link.waitFor();
      await axe();
      await link.click();
      await heading(page, say('common.menu_jobs')).waitFor();
      await until(() => link.count(), 0);
      check(await fits(page), true);
    }, { width: 360 });

  await each('the first key leads past the menu', [], async ({ page, open, say }) => {
    await open('/sources');
    await page.keyboard.press('Tab');
    check(await page.evaluate(() => document.activeElement.textContent),
      say('common.skip'));
    await page.keyboard.press('Enter');
    await until(() => page.evaluate(() => document.activeElement.id), 'main');
  });

  await each('when newer pages have taken the place of these, they are loaded', [],
    async ({ page, open, expect, say }) => {
      let gone = true;

      expect(/status of 404/);
      await open('/sources');
      await page.route(/assets\/jobs-|assets\/index-/, (route) => {
        const answer = gone ? route.fulfill({ status: 404 }) : route.continue();

        gone = false;
        return answer;
      });
      await page.getByRole('link', { name: say('common.menu_jobs') }).click();
      await heading(page, say('common.menu_jobs')).waitFor();
    });

  await each('an address of no page', [], async ({ page, open, axe, say }) => {
    await open('/nowhere');
    await heading(page, say('common.unknown')).waitFor();
    await axe();
    await page.getByRole('link', { name: say('common.unknown_back') }).click();
    await heading(page, say('common.menu_sources')).waitFor();
  });
});
