// One audience: who is in it and why, its words, how it changes.

import { check, stories, until } from './lib/stories.mjs';
import { choose, focused, get, moment } from './lib/audiences.mjs';
import { card, fits } from './lib/page.mjs';

const number = (language, n) => new Intl.NumberFormat(language).format(n);


// A page's own numbers and lists, as the browser's Intl makes them.
function intl(page, kind, options, ...values) {
  return page.evaluate(([name, how, what]) => {
    const format = new Intl[name](document.documentElement.lang, how);

    return what.map((value) => format.format(value).replace(/\s+/g, ' '));
  }, [kind, options, values]);
}


// Shares as they are told: whole percents, tenths below 1 and above 99.
function percents(page, ...shares) {
  return intl(page, 'NumberFormat', { style: 'percent', maximumFractionDigits: 1 },
    ...shares.map((share) => (share < 0.01 || share > 0.99
      ? Math.round(1000 * share) / 1000 : Math.round(100 * share) / 100)));
}


async function times(page, lift) {
  const [words] = await intl(page, 'NumberFormat',
    { maximumFractionDigits: lift < 10 ? 1 : 0 }, lift);

  return words;
}


async function openAudience(page, open, name) {
  await open(`/audiences?q=${encodeURIComponent(name)}`);
  await page.getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  return new URL(page.url()).pathname.split('/').pop();
}


function cells(table) {
  return table.locator('tbody tr').evaluateAll((rows) => rows.map((row) =>
    [...row.querySelectorAll('.cell')].map((cell) =>
      cell.innerText.replace(/\s+/g, ' ').trim())));
}


// The filter of "Jovens de Ouro" as it is said.
async function filterWords(page, say) {
  const [plans] = await intl(page, 'ListFormat', { type: 'conjunction' },
    ['“Ouro”', '“Prata”']);
  const day = { dateStyle: 'medium' };
  const between = say('audiences.value_between', {
    from: await moment(page, '2026-02-01T12:00:00', day),
    to: await moment(page, '2026-03-31T12:00:00', day) });

  return [say('audiences.all_of'),
    `idade ${say('audiences.op_less_than')} 30`,
    `plano ${say('audiences.op_in')} ${plans}`,
    `${say('audiences.not')} ${say('audiences.any_of')}`,
    `pet ${say('audiences.op_equals')} “gato”`,
    `cadastro ${say('audiences.op_between')} ${between}`].join(' ');
}


// The shares of a value inside and in the base, as /v1 counts them.
async function expectedValues(page, id, field) {
  const data = await page.evaluate(async ([audience, name]) =>
    (await fetch('/v1/distribution', { method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ filter: { audience }, field: name, limit: 8 }) })).json(),
  [id, field]);

  return Promise.all(data.values.filter(({ inside, base }) => inside || base)
    .map(async ({ value, inside, base }) => {
      const within = inside / data.inside.filled;
      const without = base / data.base.filled;
      const [first, second] = await percents(page, within, without);

      return { value, inside: String(inside), first, second,
        lift: await times(page, within / without) };
    }));
}


// What is at first in view of the table that explains a group.
function explained(page, say, rows) {
  return Promise.all(rows.slice(0, 12).map(async (row) => [
    row.principal ? `${row.field} ${say('audiences.principal')}` : row.field, row.value,
    ...await percents(page, row.share, row.base_share),
    say('audiences.times', { lift: await times(page, row.lift) })]));
}


await stories(async ({ each }) => {
  const tell = (name, code, options) =>
    each(name, ['audiences', 'build', 'segmentation', 'problems'], code,
      { tenant: (language) => language.toLowerCase(), ...options });

  await tell('a filter is said in words, its fields are counted',
    async ({ page, open, axe, say }) => {
      const id = await openAudience(page, open, 'Jovens de Ouro');
      const fields = card(page, say('audiences.fields'));
      const plan = fields.getByRole('table', { name: 'plano', exact: true });

      await fields.getByRole('table', { name: 'cadastro', exact: true }).waitFor();
      await fields.getByRole('table', { name: 'idade', exact: true }).waitFor();
      await fields.getByRole('table', { name: 'pet', exact: true }).waitFor();
      await until(async () => (await fields.locator('.filter-words').innerText())
        .replace(/\s+/g, ' ').trim(), await filterWords(page, say));

      const expected = await expectedValues(page, id, 'plano');

      check(expected.map(({ value }) => value), ['Prata', 'Ouro', 'Bronze']
        .filter((value) => expected.some((one) => one.value === value)));
      await until(() => cells(plan), expected.map(({ value, inside, first, second, lift }) =>
        [value, inside, first, second, say('audiences.times', { lift })]));
      await axe();

      const one = card(page, say('audiences.sizes'));

      await one.getByText(say('audiences.sizes_one')).waitFor();
      await page.getByRole('link', { name: say('audiences.edit'), exact: true }).click();
      await page.waitForURL((url) => url.pathname === '/build'
        && url.searchParams.get('audience') === id);
      await page.getByRole('heading', { level: 1, exact: true,
        name: say('build.title_of', { name: 'Jovens de Ouro' }) }).waitFor();
    });

  await tell('who else has its people', async ({ page, open, say, language }) => {
    const id = await openAudience(page, open, 'Jovens de Ouro');
    const { items } = await get(page, `/v1/audiences/${id}/overlaps?limit=8`);
    const table = card(page, say('audiences.overlap')).getByRole('table');
    const expected = await Promise.all(items.map(async (item) => [item.name,
      number(language, item.both),
      ...await percents(page, item.share, item.share_of_it)]));

    check(items.some(({ name }) => name === 'Ágeis'), true);
    check(items.find(({ name }) => name === 'Todos').share, 1);
    await until(() => cells(table), expected);
    await table.getByRole('link', { name: 'Todos', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Todos', exact: true }).waitFor();
  });

  await tell('a description is edited where it stands',
    async ({ page, open, axe, say }) => {
      await openAudience(page, open, 'Jovens de Ouro');

      const main = card(page, say('audiences.description'));
      const pencil = page.getByRole('button', { name: say('audiences.description_edit') });
      const field = page.getByRole('textbox', { name: say('audiences.description') });

      await main.getByText(say('audiences.description_none')).waitFor();
      await pencil.click();
      await focused(field);
      await field.fill('Gastam pouco.');
      await page.getByRole('button', { name: say('common.cancel') }).click();
      await page.getByText(say('audiences.edit_left')).waitFor();
      await field.waitFor({ state: 'hidden' });
      await page.getByRole('button', { name: say('common.undo') }).click();
      await until(() => field.inputValue(), 'Gastam pouco.');
      await axe();
      await page.getByRole('button', { name: say('common.save') }).click();
      await main.getByText('Gastam pouco.').waitFor();
      await page.getByText(say('audiences.saved')).waitFor();
      await focused(pencil);

      // Esc leaves it as it was, and so it is on the server.
      await pencil.click();
      await field.fill('Outra coisa.');
      await page.keyboard.press('Escape');
      await main.getByText('Gastam pouco.').waitFor();
      await page.reload();
      await main.getByText('Gastam pouco.').waitFor();
    });

  await tell('a size has its history', async ({ page, open, axe, say, language }) => {
    const id = await openAudience(page, open, 'Todos');
    const sizes = card(page, say('audiences.sizes'));
    const item = await get(page, `/v1/audiences/${id}`);

    await sizes.getByRole('img', { name: say('audiences.sizes_words', {
      from: item.sizes[0].size, to: 460, top: 460,
      since: await moment(page, item.sizes[0].at, { dateStyle: 'medium' }) }),
    exact: true }).waitFor();
    await sizes.getByText(say('audiences.sizes_manual')).waitFor();
    await sizes.getByText(say('audiences.sizes_table')).click();
    await sizes.getByRole('table').waitFor();

    const [all] = await percents(page, 1);

    await until(async () => (await cells(sizes.getByRole('table')))
      .map(([, size, part]) => [size, part])[0], [number(language, 460), all]);
    await until(async () => (await cells(sizes.getByRole('table')))
      .map(([, size]) => size), ['460', '118']);
    await axe();
  });

  await tell('an audience that was found says why',
    async ({ page, open, axe, context, say }) => {
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      await open('/audiences?type=automatic&sort=-size');
      await page.locator('tbody a').first().click();
      await page.waitForURL(/\/audiences\/aud_/);

      const table = page.getByRole('table', { name: say('audiences.fields') });
      const copies = card(page, say('audiences.copies'));
      const figures = card(page, say('audiences.figures'));

      const id = new URL(page.url()).pathname.split('/').pop();
      const { explanation } = await get(page, `/v1/audiences/${id}`);

      check(explanation.some(({ principal }) => principal), true);
      await until(() => cells(table), await explained(page, say, explanation));
      await figures.getByText(say('audiences.stability_high'), { exact: true }).waitFor();
      await figures.getByText(say('audiences.share_of', { count: 460 })).waitFor();
      await page.getByText(say('audiences.sizes_automatic')).waitFor();
      await axe();

      await copies.getByRole('listitem').nth(2).waitFor();
      check(await copies.getByRole('listitem').count(), 3);

      const text = await copies.locator('blockquote').first().innerText();

      // It says so for a moment.
      await Promise.all([
        copies.getByRole('button', { name: say('common.copied') }).waitFor(),
        copies.getByRole('button', { name: say('audiences.copy'), exact: true })
          .first().click()]);
      await until(() => page.evaluate(() => navigator.clipboard.readText()), text);
      check(await page.getByRole('link', { name: say('audiences.edit'), exact: true })
        .count(), 0);
      await page.getByRole('link', { name: say('audiences.run') }).click();
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForURL(/\/segmentation\/\w+/);
    });

  await tell('characteristics are edited where they stand',
    async ({ page, open, axe, say }) => {
      const main = card(page, say('audiences.characteristics'));
      const field = page.getByRole('textbox', { name: say('audiences.characteristics') });

      await open('/audiences?type=automatic&sort=-size');
      await page.locator('tbody a').first().click();
      await main.getByText(say('audiences.written_built_in')).waitFor();
      await page.getByRole('button', { name: say('audiences.characteristics_edit') })
        .click();
      await page.getByText(say('audiences.characteristics_hint')).waitFor();
      await axe();
      await field.fill('Torcem pelo Flamengo\n\n Têm gato ');
      await page.getByRole('button', { name: say('common.save') }).click();
      await main.getByText(say('audiences.written_person')).waitFor();
      await until(() => main.getByRole('listitem').allInnerTexts(),
        ['Torcem pelo Flamengo', 'Têm gato']);
      await page.reload();
      await main.getByText(say('audiences.written_person')).waitFor();
      await until(() => main.getByRole('listitem').allInnerTexts(),
        ['Torcem pelo Flamengo', 'Têm gato']);
    });

  await tell('narrow and dark', async ({ page, open, axe, say }) => {
    await openAudience(page, open, 'Todos');
    await card(page, say('audiences.overlap')).getByRole('link').first().waitFor();
    await axe();
    await until(() => fits(page), true);
    await open('/audiences?type=automatic');
    await page.locator('tbody a').first().click();
    await page.getByRole('table', { name: say('audiences.fields') }).waitFor();
    await card(page, say('audiences.overlap')).getByRole('link').first().waitFor();
    await axe();
    await until(() => fits(page), true);
  }, { width: 360, dark: true });

  await tell('from its own page it is renamed, and deleted',
    async ({ page, open, axe, expect, say }) => {
      const renaming = page.getByRole('dialog', { name: say('audiences.rename_title') });
      const deleting = page.getByRole('dialog', { name: say('audiences.delete_title') });
      const id = await openAudience(page, open, 'Ágeis');

      await choose(page, say, 'Ágeis', 'rename');
      await renaming.getByLabel(say('audiences.name'), { exact: true }).fill('Ligeiros');
      await renaming.getByLabel(say('audiences.description'), { exact: true })
        .fill('Respondem logo.');
      await renaming.getByRole('button', { name: say('common.save') }).click();
      await page.getByRole('heading', { level: 1, name: 'Ligeiros', exact: true })
        .waitFor();
      await card(page, say('audiences.description')).getByText('Respondem logo.')
        .waitFor();
      await renaming.waitFor({ state: 'hidden' });

      await choose(page, say, 'Ligeiros', 'delete');
      await deleting.getByRole('button', { name: say('common.no'), exact: true }).click();
      await deleting.waitFor({ state: 'hidden' });
      await choose(page, say, 'Ligeiros', 'delete');
      await deleting.getByRole('button', { name: say('audiences.delete_yes') }).click();
      await page.getByText(say('audiences.deleted', { name: 'Ligeiros' })).waitFor();
      await page.waitForURL(/\/audiences$/);
      await page.getByRole('link', { name: 'Jovens de Ouro', exact: true }).waitFor();
      await until(() => page.getByRole('link', { name: 'Ligeiros' }).count(), 0);

      expect(/status of 404/);
      await open(`/audiences/${id}`);
      await page.getByText(say('audiences.gone'), { exact: true }).waitFor();
      await axe();
      await page.getByRole('link', { name: say('audiences.gone_back') }).click();
      await page.getByRole('link', { name: 'Jovens de Ouro', exact: true }).waitFor();
    });
});
