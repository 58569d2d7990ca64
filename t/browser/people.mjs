// People: found by what identifies them, and what is known of one.

import { check, stories, until } from './lib/stories.mjs';
import { moment } from './lib/audiences.mjs';
import { fits } from './lib/page.mjs';
import { found, openPerson, search } from './lib/people.mjs';


// Nobody else is.
async function foundAlone(page, say, typed, name) {
  await search(page, say, typed);
  await until(() => page.locator('tbody td.main-cell .cell').allInnerTexts()
    .then((all) => all.map((text) => text.trim())), [name]);
}


// The rows of the facts: field, value, origin.
function facts(page, say) {
  return page.getByRole('table', { name: say('people.facts'), exact: true })
    .locator('tbody tr').evaluateAll((rows) => rows.map((row) =>
      [...row.querySelectorAll('.cell')].map((cell) =>
        cell.innerText.replace(/\s+/g, ' ').trim())));
}


// Once they are called by their names in this language, which comes later.
function told(page, say) {
  return until(async () => (await facts(page, say))
    .some(([field]) => field === say('fields.name')), true);
}


await stories(async ({ each, stack }) => {
  const tell = (name, code, options) => each(name, ['people', 'fields', 'problems'],
    code, { tenant: (language) => language.toLowerCase(), ...options });

  await tell('somebody is looked for by all that tells who they are',
    async ({ page, open, axe, expect, say }) => {
      expect(/status of 422/);            // a phone that is no document
      await open('/people');
      await found(page, 'Ana L.');
      await page.getByText(say('people.count', { count: 3 }), { exact: true }).waitFor();
      await axe();
      await foundAlone(page, say, '11970000001', 'Ana L.');
      await foundAlone(page, say, '529.982.247-25', 'Bia Reis');
      await foundAlone(page, say, 'ANA@X.com', 'Ana L.');
      await foundAlone(page, say, '52998224725', 'Bia Reis');
      await foundAlone(page, say, '(11) 97000-0003', 'Caio Melo');
      await foundAlone(page, say, '11.222.333/0001-81', 'Caio Melo');
      await foundAlone(page, say, 'bia r', 'Bia Reis');
      await search(page, say, '11912345678');
      await page.getByText(say('people.none_found'), { exact: true }).waitFor();
      await page.getByText(say('people.none_found_text')).waitFor();
      await axe();
      await page.reload();
      await page.getByText(say('people.none_found'), { exact: true }).waitFor();
    });

  await tell('one person, with where each value comes from',
    async ({ page, open, axe, say }) => {
      const main = page.locator('#main');
      const crm = say('people.record', { name: 'crm.csv', line: '2' });
      const shop = say('people.record', { name: 'loja.csv', line: '2' });
      const event = say('people.record_api', { line: '1' });
      const named = (rows, name) => rows.find(([field]) => field === name);

      await openPerson(page, open, '11970000001', 'Ana L.');
      await main.getByText(say('people.value_priceSensitivity_sensitive')).first()
        .waitFor();
      await until(async () => {
        const rows = await facts(page, say);

        return [say('fields.name'), say('fields.phoneNumber'), say('fields.email'),
          'loja', 'plano'].map((name) => named(rows, name));
      }, [[say('fields.name'), 'Ana L.', shop],
        [say('fields.phoneNumber'), '+5511970000001', event],
        [say('fields.email'), 'ana@x.com', crm],
        ['loja', 'Centro', shop], ['plano', 'Ouro', crm]]);
      await until(async () => named(await facts(page, say),
        say('fields.campaign_of', { name: 'Black Friday' }))?.[1],
      say('people.value_campaign_read'));
      await axe();

      await main.getByRole('link', { name: 'Clientes do plano Ouro' }).waitFor();
      await main.getByText(say('people.type_manual'), { exact: true }).waitFor();
      await main.getByRole('link', { name: shop }).first().click();
      await page.getByRole('heading', { level: 1, name: 'loja.csv' }).waitFor();
      await page.goBack();
      await main.getByRole('link', { name: 'Clientes do plano Ouro' }).click();
      await page.getByRole('heading', { level: 1, name: 'Clientes do plano Ouro' })
        .waitFor();
    });

  await tell('what was said is read, and a label corrected',
    async ({ page, open, axe, say, language }) => {
      const main = page.locator('#main');
      const dialog = page.getByRole('dialog');

      await openPerson(page, open, '11970000001', 'Ana L.');
      await main.getByText('mas achei caro demais').first().waitFor();
      await main.getByText(say('people.messages_count', { count: 2 })).first().waitFor();
      await main.getByRole('button', { name: say('people.read'), exact: true }).click();
      await dialog.getByText('Posso ajudar com um desconto?').waitFor();
      await dialog.getByText(say('people.from_agent')).waitFor();
      await dialog.getByText(await moment(page, '2026-11-01T12:01:00Z')).waitFor();
      await axe();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });

      await main.getByRole('button', { name: say('people.correct'), exact: true }).click();
      await dialog.getByLabel(say('fields.sentiment')).selectOption('negative');
      await axe();
      await dialog.getByRole('button', { name: say('common.save') }).click();
      await page.getByText(say('people.corrected')).waitFor();
      await main.getByText(say('people.by_person',
        { user: `ana.${language.toLowerCase()}@example.com` })).waitFor();
      await main.getByText(say('people.value_sentiment_negative'), { exact: true })
        .first().waitFor();
    });

  await tell('who said no is told to be so', async ({ page, open, axe, say }) => {
    await openPerson(page, open, '11970000003', 'Caio Melo');
    await page.getByText(say('people.refused')).waitFor();
    await page.getByText(say('people.no_conversations')).waitFor();
    await page.getByText(say('people.no_audiences')).waitFor();
    await page.getByText(say('people.alone')).waitFor();
    await axe();
  });

  await tell('names are found while the worker is away, the rest once it is back',
    async ({ page, open, axe, expect, say }) => {
      const main = page.locator('#main');
      const trouble = page.getByText(say('common.trouble_worker'));

      expect(/status of 50[234]/);
      await stack.kill_worker();
      await open('/people?q=bia');
      await found(page, 'Bia Reis');
      await trouble.waitFor();
      await search(page, say, '11970000001');
      await main.getByText(say('problems.not_loaded')).waitFor();
      check(await page.getByRole('link', { name: 'Bia Reis' }).count(), 0);
      await axe();
      await stack.start_worker();
      await trouble.waitFor({ state: 'hidden' });
      await found(page, 'Ana L.');
    });

  await tell('what nginx knows of a person is told while the worker is away',
    async ({ page, open, axe, expect, say }) => {
      const main = page.locator('#main');
      const trouble = page.getByText(say('common.trouble_worker'));
      const waits = main.getByText(say('problems.not_loaded'));

      expect(/status of 50[234]/);
      await openPerson(page, open, '11970000001', 'Ana L.');
      await main.getByText('Centro', { exact: true }).waitFor();

      await told(page, say);

      const all = await facts(page, say);

      await stack.kill_worker();
      await page.reload();
      await page.getByRole('heading', { level: 1, name: 'Ana L.', exact: true })
        .waitFor();
      await trouble.waitFor();
      await waits.waitFor();
      await until(() => facts(page, say), all.map((row) => row.slice(0, 2)));
      await axe();
      await stack.start_worker();
      await trouble.waitFor({ state: 'hidden' });
      await waits.waitFor({ state: 'detached' });
      await until(() => facts(page, say), all);
    });

  await tell('what was seen of somebody is seen again while the worker is away',
    async ({ page, open, expect, say }) => {
      const main = page.locator('#main');
      const trouble = page.getByText(say('common.trouble_worker'));
      const audience = main.getByRole('link', { name: 'Clientes do plano Ouro' });

      expect(/status of 50[234]/);
      await openPerson(page, open, '11970000001', 'Ana L.');
      await main.getByText('Centro', { exact: true }).waitFor();
      await page.getByText(say('people.messages_count', { count: 2 })).first().waitFor();
      await audience.waitFor();
      await told(page, say);

      const all = await facts(page, say);

      await stack.kill_worker();
      await page.goBack();
      await page.getByRole('row').getByRole('link', { name: 'Ana L.' }).click();
      await trouble.waitFor();
      await until(() => facts(page, say), all);
      await page.getByText(say('people.messages_count', { count: 2 })).first().waitFor();
      await audience.waitFor();
      check(await main.getByText(say('problems.not_loaded')).count(), 0);
      await stack.start_worker();
      await trouble.waitFor({ state: 'hidden' });
    });

  await tell('narrow and dark', async ({ page, open, axe, say }) => {
    await open('/people');
    await found(page, 'Ana L.');
    await axe();
    await until(() => fits(page), true);
    await openPerson(page, open, '11970000001', 'Ana L.');
    await page.locator('#main').getByText('Centro', { exact: true }).waitFor();
    await page.getByText(say('people.messages_count', { count: 2 })).first().waitFor();
    await axe();
    await until(() => fits(page), true);
  }, { width: 360, dark: true });

  await tell('nobody yet', async ({ page, open, axe, expect, say }) => {
    expect(/status of 404/);
    await open('/people');
    await page.getByText(say('people.none'), { exact: true }).waitFor();
    await axe();
    await open('/people/prf_01hf0000000000000000000000');
    await page.getByText(say('people.gone')).waitFor();
    check(await page.innerText('h1'), say('people.one'));
    await axe();
  }, { tenant: 'empty' });
});
