// People: found, explained, corrected, separated, erased.

import { check, languages, match, stories, texts } from './lib/stories.mjs';


function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}


// Types, and waits until the answer to that is what is shown.
async function search(page, words, typed) {
  await page.getByRole('searchbox', { name: words.search }).fill(typed);
  await page.waitForURL((url) => url.searchParams.get('q') === typed);
}


async function found(page, name) {
  await page.getByRole('row').getByRole('link', { name }).waitFor();
}


// Nobody else is.
async function foundAlone(page, words, typed, name) {
  await search(page, words, typed);
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
  await found(page, name);
}


await stories(async ({ story, stack }) => {
  for (const [i, language] of languages.entries()) {
    const n = i + 1;
    const words = await texts(language, 'common', 'people', 'fields');
    const ana = `Ana L. ${n}`;
    const { phone } = await stack.people(n);

    await story(`somebody is looked for by all that tells who they are, in ${language}`,
      async ({ page, open, axe, expect }) => {
        expect(/status of 422/);            // a phone that is no document
        await open('/people');
        await found(page, ana);
        await axe();
        await foundAlone(page, words, phone, ana);
        await foundAlone(page, words, '529.982.247-25', /^Bia Reis/);
        await foundAlone(page, words, `ANA${n}@example.com`, ana);
        await foundAlone(page, words, '52998224725', /^Bia Reis/);
        await foundAlone(page, words, `zeca souza ${n}`, `Zeca Souza ${n}`);
        await search(page, words, '11912345678');
        await page.getByText(words.none_found, { exact: true }).waitFor();
        await axe();
      }, { language });

    await story(`one person with the reasons, in ${language}`,
      async ({ page, open, axe }) => {
        await open(`/people?q=${phone}`);
        await page.getByRole('row').getByRole('link', { name: ana }).click();
        await page.getByRole('heading', { level: 1, name: ana }).waitFor();

        const main = page.locator('#main');

        await main.getByText('Centro', { exact: true }).waitFor();
        await main.getByRole('link', { name: fill(words.record,
          { name: `loja-${n}.csv`, line: 2 }) }).first().waitFor();
        await main.getByText(fill(words.join, { one: fill(words.record,
          { name: `crm-${n}.csv`, line: 2 }), other: fill(words.record,
          { name: `loja-${n}.csv`, line: 2 }), shared: `${words.phoneNumber} +55${phone}` }))
          .waitFor();
        await main.getByText(words.value_priceSensitivity_sensitive).first().waitFor();
        await main.getByText('mas achei caro demais').first().waitFor();
        await main.getByRole('link', { name: `Clientes do plano Ouro ${n}` }).waitFor();
        await axe();

        await main.getByRole('button', { name: words.read }).click();
        await page.getByRole('dialog').getByText('Posso ajudar com um desconto?').waitFor();
        await axe();
        await page.keyboard.press('Escape');

        await main.getByRole('button', { name: words.correct, exact: true }).click();
        await page.getByRole('dialog').getByLabel(words.sentiment)
          .selectOption('negative');
        await axe();
        await page.getByRole('button', { name: words.save }).click();
        await main.getByText(fill(words.by_person,
          { user: `ana.${language}@example.com` })).waitFor();
      }, { language });

    await story(`records are separated, and put together again, in ${language}`,
      async ({ page, open, axe }) => {
        await open(`/people?q=${phone}`);
        await page.getByRole('row').getByRole('link', { name: ana }).click();
        await page.getByLabel(fill(words.choose_one, { name: fill(words.record,
          { name: `loja-${n}.csv`, line: 2 }) })).check();
        await page.getByRole('button', { name: words.split, exact: true }).click();
        await axe();
        await page.getByRole('button', { name: words.split_yes }).click();
        await page.getByRole('link', { name: words.apart_other }).first().waitFor();
        await axe();

        await open('/rules');
        await page.getByText(words.rule_split).waitFor();
        await axe();
        await page.getByRole('button', { name: words.rule_remove, exact: true }).click();
        await page.getByRole('button', { name: words.rule_remove_yes }).click();
        await page.getByText(words.no_rules, { exact: true }).waitFor();
        await axe();
      }, { language });

    await story(`somebody is erased, in ${language}`,
      async ({ page, open, axe, expect }) => {
        const name = `Zeca Souza ${n}`;

        expect(/status of 404/);
        await open(`/people?q=zeca+souza+${n}`);
        await page.getByRole('row').getByRole('link', { name }).click();
        await page.getByRole('button', { name: words.erase, exact: true }).click();

        const yes = page.getByRole('button', { name: words.erase_yes });

        check(await yes.isDisabled(), true);
        await page.getByLabel(fill(words.erase_type, { word: words.erase_word }))
          .fill(words.erase_word);
        await axe();
        await yes.click();
        await page.getByText(words.erased, { exact: true }).waitFor();
        await axe();
        await page.getByRole('link', { name: words.back, exact: true }).click();
        await search(page, words, name);
        await page.getByText(words.none_found, { exact: true }).waitFor();

        await open('/erasures');
        await page.getByText(`ana.${language}@example.com`).first().waitFor();
        await page.getByText(words.state_done).first().waitFor();
        await axe();
      }, { language });
  }

  await story('one person, on a narrow window and dark', async ({ page, open, axe }) => {
    await open('/people?q=11970000001');
    await page.getByRole('row').getByRole('link', { name: 'Ana L. 1' }).click();
    await page.locator('#main').getByText('Centro', { exact: true }).waitFor();
    await axe();
  }, { language: 'pt-BR', width: 360, dark: true });
});
