// The frame of all pages: menu, addresses, languages, themes, keyboard.

import { check, languages, match, stories, texts } from './lib/stories.mjs';

await stories(async ({ story }) => {
  for (const language of languages) {
    const words = await texts(language, 'common');

    await story(`the pages speak ${language}`, async ({ page, open, axe }) => {
      await open('/');
      await page.getByRole('link', { name: words.menu_jobs }).click();
      await page.getByRole('heading', { level: 1, name: words.menu_jobs })
        .waitFor();
      check(new URL(page.url()).pathname, '/jobs');
      check(await page.title(), `${words.menu_jobs} · ${words.brand}`);
      check(await page.getAttribute('html', 'lang'), language);
      check(await page.evaluate(() => document.activeElement.tagName), 'H1');
      await axe();
      await page.goBack();
      await page.getByRole('heading', { level: 1, name: words.menu_sources })
        .waitFor();
      await axe();
    }, { language });
  }

  await story('a language that was chosen stays', async ({ page, open }) => {
    await open('/sources');
    const kept = page.waitForResponse((answer) =>
      answer.request().method() === 'PUT');
    await page.selectOption('[name=language]', 'es');
    await page.getByRole('heading', { level: 1, name: 'Fuente de datos' }).waitFor();
    check((await (await kept).json()).language, 'es');
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Fuente de datos' }).waitFor();
  }, { user: 'eva@example.com' });

  await story('… and is known on another machine', async ({ page, open }) => {
    await open('/sources');
    await page.getByRole('heading', { level: 1, name: 'Fuente de datos' }).waitFor();
  }, { language: 'en', user: 'eva@example.com' });

  await story('light and dark', async ({ page, open, axe }) => {
    const ground = () => page.evaluate(() =>
      getComputedStyle(document.documentElement).backgroundColor);

    await open('/jobs');
    const system = await ground();
    await axe();
    await page.selectOption('[name=theme]', 'light');
    check(await ground() !== system, true);
    await page.reload();
    await page.locator('h1').waitFor();
    check(await ground() !== system, true);
    await page.selectOption('[name=theme]', 'system');
    check(await ground(), system);
  }, { dark: true });

  await story('on a narrow window the menu opens by its button',
    async ({ page, open, axe }) => {
      await open('/sources');
      await page.getByRole('button', { name: 'Menu' }).click();
      await axe();
      await page.getByRole('link', { name: 'Tarefas' }).click();
      await page.getByRole('heading', { level: 1, name: 'Tarefas' }).waitFor();
      check(await page.getByRole('link', { name: 'Tarefas' }).isVisible(), false);
      check(await page.evaluate(() =>
        document.documentElement.scrollWidth <= innerWidth), true);
    }, { width: 360 });

  await story('the first key leads past the menu', async ({ page, open }) => {
    await open('/sources');
    await page.keyboard.press('Tab');
    check(await page.evaluate(() => document.activeElement.textContent),
      'Ir para o conteúdo');
    await page.keyboard.press('Enter');
    check(await page.evaluate(() => document.activeElement.id), 'main');
  });

  await story('when newer pages have taken the place of these, they are loaded',
    async ({ page, open, expect }) => {
      let gone = true;

      expect(/status of 404/);
      await open('/sources');
      await page.route(/assets\/jobs-|assets\/index-/, (route) => {
        const answer = gone ? route.fulfill({ status: 404 }) : route.continue();

        gone = false;
        return answer;
      });
      await page.getByRole('link', { name: 'Tarefas' }).click();
      await page.getByRole('heading', { level: 1, name: 'Tarefas' }).waitFor();
    });

  await story('an address of no page', async ({ page, open, axe }) => {
    await open('/nowhere');
    match(await page.innerText('h1'), /Página não encontrada/);
    await axe();
  });
});
