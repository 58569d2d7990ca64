// Manual segmentation: a filter is built, watched, saved, changed.

import { check, languages, match, stack, stories, texts } from './lib/stories.mjs';


// What stories do with the page of a language.
async function builder(page, language = 'pt-BR') {
  const words = await texts(language, 'build');
  const fields = await texts(language, 'fields');
  const common = await texts(language, 'common');
  const options = page.locator('.options [role=option]');

  return {
    words, fields, common, options,
    button: (name, inside = page) => inside.getByRole('button', { name, exact: true }),
    part: (at) => page.locator('.part').nth(at),

    // Chooses a field by the menu that a button of this name opens.
    add: async (field, { inside = page.locator('.build-filter'), last } = {}) => {
      const buttons = inside.getByRole('button', { name: words.add, exact: true });

      await (last ? buttons.last() : buttons.first()).click();
      await page.getByRole('combobox', { name: words.search_field }).fill(field);
      await options.first().waitFor();
      await page.keyboard.press('Enter');
    },

    // Waits until so many people are told, of the whole.
    size: (count) => page.locator('.size-count', { hasText: new RegExp(`^${count}$`) })
      .waitFor(),
    counts: () => page.locator('.part-count').allInnerTexts(),
    settled: () => page.waitForFunction(() =>
      !document.querySelector('.size.settling')),
  };
}


async function countOf(page, filter) {
  return page.evaluate(async (body) => (await (await fetch('/v1/query', {
    method: 'POST', body: JSON.stringify(body),
  })).json()).count, { filter, limit: 0 });
}


await stories(async ({ story }) => {
  for (const language of languages) {
    await story(`an audience is built and saved in ${language}`,
      async ({ page, open, axe }) => {
        const b = await builder(page, language);

        await open('/build');
        check(await page.innerText('h1'), b.words.title);
        await b.size(181);
        check(await b.button(b.words.create).isDisabled(), true);
        await axe();

        // text: values are offered, the most frequent first
        await b.add(b.fields.city.slice(0, 3));
        await page.keyboard.type('s');
        await b.options.first().waitFor();
        match(await b.options.first().innerText(), /^São Paulo\s+40$/);
        await axe();
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('Enter');
        await b.size(40);

        // a range of numbers, in another branch
        await b.add('idade', { last: true });
        await page.keyboard.type('18');
        await page.keyboard.press('Tab');
        await page.keyboard.type('40');
        await b.size(24);
        check((await b.counts()).map((text) => text.match(/^\d+/)[0]),
          ['40', '98']);
        check(await countOf(page, { all: [
          { field: 'city', op: 'equals', value: 'São Paulo' },
          { field: 'idade', op: 'between', value: [18, 40] }] }), 24);

        // AND into OR
        await page.getByRole('combobox', { name: b.words.connect })
          .selectOption('any');
        await b.size(114);
        await axe();

        // people and a distribution
        await page.locator('td.main-cell').first().waitFor();
        check(await page.locator('tbody tr td.main-cell').count(), 10);
        await page.locator('.dist tbody tr:first-child',
          { hasText: /São Paulo\s*40/ }).waitFor();

        // saving asks for a name
        await b.button(b.words.create).click();
        const dialog = page.getByRole('dialog');
        await b.button(b.words.create, dialog).click();
        await dialog.getByText(b.words.name_missing).waitFor();
        await axe();
        await dialog.getByLabel(b.words.name).fill(`Paulistas ${language}`);
        await dialog.getByLabel(b.words.description).fill('ou jovens');
        await b.button(b.words.create, dialog).click();
        await page.waitForURL(/\/audiences\/aud_/);

        const id = page.url().split('/').pop();
        const saved = await page.evaluate(async (path) =>
          (await fetch(path)).json(), `/v1/audiences/${id}`);

        check([saved.name, saved.description, saved.count],
          [`Paulistas ${language}`, 'ou jovens', 114]);
        check(saved.filter, { any: [
          { field: 'city', op: 'equals', value: 'São Paulo' },
          { field: 'idade', op: 'between', value: [18, 40] }] });
      }, { language, dark: language === 'en',
        width: language === 'es' ? 360 : 1280 });
  }

  await story('the keyboard alone builds a nested filter',
    async ({ page, open }) => {
      const b = await builder(page);
      const { keyboard } = page;
      const tabTo = async (name) => {
        for (let i = 0; i < 60; i += 1) {
          const now = await page.evaluate(() => {
            const { activeElement: a } = document;

            return a.getAttribute('aria-label') ?? a.innerText.trim();
          });

          if (now === name) {
            return;
          }
          await keyboard.press('Tab');
        }
        throw new Error(`nothing leads to ${name}`);
      };

      await open('/build');
      await b.size(181);
      await tabTo(b.words.add);
      await keyboard.press('Enter');
      await keyboard.type('plano');
      await keyboard.press('Enter');
      await keyboard.type('Essencial');
      await keyboard.press('Escape');
      await tabTo(b.words.add_group);
      await keyboard.press('Enter');
      await keyboard.press('Enter');          // the new group's own button
      await keyboard.type('gosta');
      await keyboard.press('Enter');          // yes, from the start
      await tabTo(b.words.add);
      await keyboard.press('Enter');
      await keyboard.type('idade');
      await keyboard.press('Enter');
      await keyboard.type('30');
      await keyboard.press('Tab');
      await keyboard.type('50');
      await b.settled();

      const filter = { all: [
        { field: 'plano', op: 'equals', value: 'Essencial' },
        { any: [{ field: 'gosta de futebol?', op: 'equals', value: true },
                { field: 'idade', op: 'between', value: [30, 50] }] }] };

      await b.size(await countOf(page, filter));
      check(await page.evaluate(() => JSON.parse(
        sessionStorage.getItem('build.draft.new')).tree.children.length), 2);

      // out of the inputs, keys undo
      await keyboard.press('Shift+Tab');
      await keyboard.press('Shift+Tab');
      await keyboard.press('Control+z');
      await keyboard.press('Control+z');
      await b.size(await countOf(page, { all: [filter.all[0],
        { any: [filter.all[1].any[0]] }] }));
      await keyboard.press('Control+Shift+Z');
      await keyboard.press('Control+y');
      await b.size(await countOf(page, filter));
    });

  await story('every type has its own conditions and inputs',
    async ({ page, open, axe }) => {
      const b = await builder(page);
      const operator = (name) => page.getByRole('combobox',
        { name: b.words.operator_of.replace('{name}', name) });
      const all = [];
      const finds = async (filter) => {
        all.push(filter);
        await b.size(await countOf(page, { all }));
      };

      await open('/build');
      await b.add('última compra');
      check(await operator('última compra').locator('option').allInnerTexts(),
        ['within_last', 'not_within_last', 'after', 'before', 'between',
          'not_between', 'equals_day', 'not_equals_day', 'exists', 'not_exists']
          .map((op) => b.words[`op_${op}`]));
      await page.keyboard.type('3650');
      await finds({ field: 'última compra', op: 'within_last', value: 3650 });
      await operator('última compra').selectOption('after');
      await page.locator('.part input[type=date]').fill('2025-06-01');
      all.pop();
      await finds({ field: 'última compra', op: 'after', value: '2025-06-01' });

      await b.add('gosta', { last: true });
      check(await operator('gosta de futebol?').locator('option').count(), 4);
      await finds({ field: 'gosta de futebol?', op: 'equals', value: true });

      await b.add('plano', { last: true });
      await operator('plano').selectOption('not_in');
      const list = page.getByRole('combobox',
        { name: b.words.value_of.replace('{name}', 'plano') });

      await list.click();
      await b.options.filter({ hasText: 'Essencial' }).click();
      await list.fill('Premium');
      await list.press('Enter');
      check(await page.locator('.chip').allInnerTexts(), ['Essencial', 'Premium']);
      await finds({ not: { field: 'plano', op: 'in',
        value: ['Essencial', 'Premium'] } });
      await list.press('Backspace');
      all.pop();
      await finds({ not: { field: 'plano', op: 'in', value: ['Essencial'] } });
      await list.press('Escape');

      await b.add('endereço', { last: true });
      await operator('Endereço').selectOption('exists');
      await finds({ field: 'address', op: 'exists' });
      await axe();

      // what cannot be counted yet is no part of it, and cannot be saved
      await b.add('ticket', { last: true });
      await page.getByText(b.words.incomplete).waitFor();
      await b.size(await countOf(page, { all }));
      await b.button(b.words.create).click();
      await page.locator('.part.wrong').waitFor();
      check(await page.evaluate(() => document.activeElement.type), 'number');
      check(await page.getByRole('dialog').count(), 0);

      // one is removed, then all, and all are there again
      await page.locator('.part.wrong').getByRole('button',
        { name: /^Remover/ }).click();
      check(await page.locator('.part').count(), 4);
      await b.button(b.words.clear).click();
      await b.size(181);
      await page.locator('.toast').getByRole('button', { name: b.words.undo })
        .waitFor();
      await page.locator('.undo').getByRole('button', { name: b.words.undo })
        .click();
      await b.size(await countOf(page, { all }));
    });

  await story('groups are negated, wrapped and limited', async ({ page, open, axe }) => {
    const b = await builder(page);
    const inner = () => page.locator('.group').last();

    await open('/build');
    await b.add('cidade');
    await page.keyboard.type('santos');
    await page.keyboard.press('Escape');
    await b.add('status', { last: true });
    await page.keyboard.type('cliente');
    await page.keyboard.press('Escape');
    await b.settled();
    await b.part(1).getByRole('button', { name: /^Mais opções/ }).click();
    await page.getByRole('menuitem', { name: b.words.wrap }).click();
    await page.locator('.part-group').waitFor();
    await page.getByRole('combobox', { name: b.words.group_of })
      .selectOption('not_any');
    await b.size(await countOf(page, { all: [
      { field: 'city', op: 'equals', value: 'santos' },
      { not: { any: [{ field: 'Status do Lead', op: 'equals',
                       value: 'cliente' }] } }] }));
    await axe();

    // a negated group takes two levels of eight
    for (let level = 3; level < 8; level += 1) {
      await b.button(b.words.add_group, inner()).click();
    }
    await page.getByText(b.words.deep).waitFor();
    check(await b.button(b.words.add_group, inner()).count(), 0);
  });

  await story('membership of other audiences', async ({ page, open, axe, expect }) => {
    const b = await builder(page);

    expect(/status of 422/);
    await open('/build');
    await page.evaluate(async () => {
      for (const [name, value] of [['Gremistas', 'Grêmio'], ['Santistas', 'Santos']]) {
        await fetch('/v1/audiences', { method: 'POST', body: JSON.stringify({ name,
          filter: { field: 'time do coração', op: 'equals', value } }) });
      }
    });
    await stack.wait_visible();
    await b.button(b.words.add_audience).click();
    await page.getByRole('combobox', { name: b.words.search_audience }).fill('grem');
    await b.options.filter({ hasText: 'Gremistas' }).click();
    const id = await page.evaluate(async () =>
      (await (await fetch('/v1/audiences?q=gremistas')).json()).items[0].id);

    await b.size(await countOf(page, { audience: id }));
    await page.getByRole('combobox', { name: b.words.membership })
      .selectOption('not');
    await b.size(await countOf(page, { not: { audience: id } }));
    await axe();

    // an audience that is gone is told beside its part
    await page.reload();
    await page.getByText('Gremistas').waitFor();
    await page.evaluate(async (one) => {
      await fetch(`/v1/audiences/${one}`, { method: 'DELETE' });
    }, id);
    await stack.wait_visible();
    await b.add('cidade', { last: true });
    await page.keyboard.type('santos');
    await page.locator('.part.wrong .part-fault').waitFor();
    check(await page.locator('.size-count').count(), 0);
    await axe();
    await page.locator('.part.wrong').getByRole('button', { name: /^Remover/ })
      .click();
    await b.size(await countOf(page, { field: 'city', op: 'equals',
      value: 'santos' }));
  });

  await story('a draft outlives the page, Cancel goes back with nothing lost',
    async ({ page, open, axe }) => {
      const b = await builder(page);

      await open('/jobs');
      await page.getByRole('link', { name: b.common.menu_build }).click();
      await b.add('cidade');
      await page.keyboard.type('santos');
      await page.keyboard.press('Escape');
      await b.settled();
      await b.button(b.words.create).click();
      await page.getByLabel(b.words.name).fill('Litoral');
      await b.button(b.common.cancel, page.getByRole('dialog')).click();
      await b.button(b.common.cancel).click();
      await page.waitForURL(/\/jobs$/);
      await page.getByRole('link', { name: b.common.menu_build }).click();
      await page.getByText(b.words.draft).waitFor();
      check(await page.locator('.part [data-value]').inputValue(), 'santos');
      await axe();
      await b.button(b.words.create).click();
      check(await page.getByLabel(b.words.name).inputValue(), 'Litoral');
      await page.keyboard.press('Escape');
      await b.button(b.words.start_anew).click();
      await b.size(181);
      await page.reload();
      await b.size(181);
      check(await page.getByText(b.words.draft).count(), 0);
    });

  await story('a saved audience is changed', async ({ page, open, axe }) => {
    const b = await builder(page);

    await open('/jobs');
    const audience = await page.evaluate(async () => (await fetch('/v1/audiences', {
      method: 'POST', body: JSON.stringify({ name: 'Adultos', description: 'x',
        filter: { not: { field: 'idade', op: 'between', value: ['0', 17.5] } } }),
    })).json());

    await stack.wait_visible();
    await open(`/build?audience=${audience.id}`);
    await page.getByRole('heading', { level: 1, name: 'Editar Adultos' }).waitFor();
    await b.size(audience.count);
    await page.getByRole('combobox', { name: /^Condição de/ })
      .selectOption('greater_than');
    await page.locator('.part [data-value]').fill('60');
    await b.size(await countOf(page,
      { field: 'idade', op: 'greater_than', value: 60 }));
    await axe();
    await b.button(b.words.create).click();
    check(await page.getByLabel(b.words.name).inputValue(), 'Adultos');
    await page.getByLabel(b.words.name).fill('Mais de 60');
    await b.button(b.words.create, page.getByRole('dialog')).click();
    await page.waitForURL(/\/audiences\/aud_/);

    const now = await page.evaluate(async (path) => (await fetch(path)).json(),
      `/v1/audiences/${audience.id}`);

    check([now.name, now.description, now.filter], ['Mais de 60', 'x',
      { all: [{ field: 'idade', op: 'greater_than', value: 60 }] }]);
  });

  await story('a distribution leads to a condition', async ({ page, open, axe }) => {
    const b = await builder(page);

    await open('/build');
    await page.getByRole('button', { name: /^Distribuição do campo/ }).click();
    await page.getByRole('combobox', { name: b.words.search_field }).fill('idade');
    await page.keyboard.press('Enter');
    const row = page.locator('.dist tbody tr').nth(2);

    await row.getByRole('button', { name: '25 – 29' }).waitFor();
    const count = (await row.locator('td').first().innerText()).trim();

    await axe();
    await row.getByRole('button').click();
    await b.size(count);
    check(await page.locator('.part input[type=number]').first().inputValue(), '25');
    check(await page.locator('.part input[type=number]').last().inputValue(), '29');

    // columns of the list of people
    await b.button(b.words.columns).click();
    await page.getByRole('dialog').getByLabel('Endereço').check();
    await axe();
    await page.keyboard.press('Escape');
    await page.getByRole('columnheader', { name: 'Endereço' }).waitFor();
    await page.reload();
    await page.getByRole('columnheader', { name: 'Endereço' }).waitFor();
  });

  await story('the worker is stopped half-way', async ({ page, open, axe, expect }) => {
    const b = await builder(page);

    await open('/build');
    await b.size(181);
    await stack.stop_worker();
    expect(/status of 50[234]/);
    await b.add('cidade');
    await page.keyboard.type('santos');
    await page.keyboard.press('Escape');
    await b.size(await countOf(page, { field: 'city', op: 'equals',
      value: 'santos' }));
    await b.button(b.words.create).click();
    await page.getByLabel(b.words.name).fill('Santos');
    await b.button(b.words.create, page.getByRole('dialog')).click();
    await page.getByRole('dialog').getByRole('alert').waitFor();
    await axe();
    await stack.start_worker();
    await b.button(b.words.create, page.getByRole('dialog')).click();
    await page.waitForURL(/\/audiences\/aud_/);
  });

  await story('what is typed as soon as a number can be stays',
    async ({ page, open }) => {
      const b = await builder(page);

      await open('/build');
      await b.size(181);
      await b.button(b.words.add).click();
      await page.getByRole('combobox', { name: b.words.search_field }).fill('idade');
      await b.options.first().waitFor();

      // Enter and the keys after it, before the next frame is drawn
      check(await page.evaluate(async () => {
        const soon = async (done) => {
          for (let i = 0; i < 100 && !done(); i += 1) {
            await Promise.resolve();
          }
        };
        let input;

        document.activeElement.dispatchEvent(new KeyboardEvent('keydown',
          { key: 'Enter', bubbles: true, cancelable: true }));
        await soon(() => {
          input = document.querySelector('.part input[type=number]');
          return input;
        });
        for (const key of '30') {
          input.value += key;
          input.dispatchEvent(new InputEvent('input', { bubbles: true }));
          await soon(() => false);
        }
        await new Promise((resolve) => setTimeout(resolve));
        return input.value;
      }), '30');
      await page.getByRole('spinbutton').last().fill('50');
      await b.size(await countOf(page,
        { field: 'idade', op: 'between', value: [30, 50] }));
    });

  await story('on a narrow window what is offered lies above the size',
    async ({ page, open }) => {
      const b = await builder(page);

      await open('/build');
      await b.size(181);
      await b.button(b.words.add).click();
      await b.options.first().waitFor();
      check(await page.evaluate(() => {
        const size = document.querySelector('.build-size').getBoundingClientRect();
        const list = document.querySelector('.popover').getBoundingClientRect();
        const top = document.elementFromPoint(list.left + list.width / 2,
          (Math.max(size.top, list.top) + Math.min(size.bottom, list.bottom)) / 2);

        return [size.top < list.bottom, top.closest('.popover') !== null];
      }), [true, true]);
    }, { width: 360, height: 740 });

  await story('before there is any data', async ({ page, open, axe }) => {
    const b = await builder(page);

    await open('/build');
    await b.size(0);
    await b.button(b.words.add).click();
    await page.getByText(b.words.no_fields).waitFor();
    await axe();
  }, { tenant: 'other' });
});
