// Who is one person and why, rules about it, and who was erased.

import { check, stories, until } from './lib/stories.mjs';
import { fits } from './lib/page.mjs';
import { found, openPerson, search } from './lib/people.mjs';

const ana = '11970000001';


function record(say, name, line) {
  return say('people.record', { name, line: String(line) });
}


// The sentences of a list below a heading, each on one line.
function sentences(section, list) {
  return section.locator('ul').nth(list).locator('li').allInnerTexts()
    .then((all) => all.map((text) => text.replace(/\s+/g, ' ').trim()));
}


function why(page, say, count) {
  return page.locator('section.card').filter({ has: page.getByRole('heading',
    { name: say('people.why', { count }), exact: true }) });
}


// The rows of a list of rules or of erasures, without what tells a time.
function rows(page, ...columns) {
  return page.locator('tbody tr').evaluateAll((all, wanted) => all.map((row) =>
    wanted.map((n) => row.querySelectorAll('.cell')[n].innerText.trim())), columns);
}


// The rules that were there before, newest first.
function others(say) {
  return [
    [say('people.rule_blocked'), `${say('fields.email')} davi@x.com`, 'bia@example.com'],
    [say('people.rule_together'), say('people.rule_records', { count: 2 }),
      'bia@example.com'],
  ];
}


await stories(async ({ each, stack }) => {
  const tell = (name, code, options) => each(name, ['people', 'fields', 'jobs'], code,
    { tenant: (language) => language.toLowerCase(), ...options });

  await tell('the joins and why, and who was kept apart',
    async ({ page, open, axe, say }) => {
      const crm = record(say, 'crm.csv', 2);
      const shop = record(say, 'loja.csv', 2);
      const phone = `${say('fields.phoneNumber')} +5511970000001`;
      const email = `${say('fields.email')} ana@x.com`;
      const other = say('people.apart_other');
      const apart = (one, shared, because) =>
        `${say('people.apart_one', { one, shared })} ${other}. ${
          say(`people.because_${because}`)}`;

      await openPerson(page, open, ana, 'Ana L.');
      await until(() => sentences(why(page, say, 2), 0),
        [say('people.join', { one: crm, other: shop, shared: phone })]);
      await until(() => sentences(why(page, say, 2), 1), [
        apart(crm, email, 'documents'), apart(shop, phone, 'names'),
        apart(crm, phone, 'names')]);
      await axe();

      // Who it was kept apart from tells the same from the other side.
      await why(page, say, 2).getByRole('link', { name: other }).nth(1).click();
      await page.getByRole('heading', { level: 1, name: 'Bia Reis' }).waitFor();
      await page.getByText(say('people.alone')).waitFor();
      await page.getByText(say('people.because_names')).first().waitFor();
    });

  await tell('a value that joins nobody, and two that a rule made one',
    async ({ page, open, axe, say }) => {
      await openPerson(page, open, 'davi@x.com', 'Davi Luz');
      await until(() => sentences(why(page, say, 1), 0), [
        `${say('fields.phoneNumber')} +5511999999999: ${say('people.blocked_listed')}`,
        `${say('fields.email')} davi@x.com: ${say('people.blocked_rule')}`]);
      await axe();

      await openPerson(page, open, '11970000005', 'Fabio Rio');
      await until(() => sentences(why(page, say, 2), 0), [say('people.join_rule',
        { one: record(say, 'crm.csv', 6), other: record(say, 'crm.csv', 7) })]);
    });

  await tell('records are separated, and put together again',
    async ({ page, open, axe, say, language }) => {
      const me = `ana.${language.toLowerCase()}@example.com`;
      const dialog = page.getByRole('dialog');
      const split = page.getByRole('button', { name: say('people.split'), exact: true });

      await openPerson(page, open, ana, 'Ana L.');
      await until(() => split.isDisabled(), true);
      await page.getByLabel(say('people.choose_one',
        { name: record(say, 'loja.csv', 2) })).check();
      await until(() => split.isDisabled(), false);
      await split.click();
      await dialog.getByText(say('people.split_text', { count: 1 })).waitFor();
      await axe();
      await dialog.getByRole('button', { name: say('common.no'), exact: true }).click();
      await dialog.waitFor({ state: 'hidden' });
      await split.click();
      await dialog.getByRole('button', { name: say('people.split_yes') }).click();
      await page.getByText(say('people.split_begun')).waitFor();
      await page.getByText(say('people.because_rule')).first().waitFor();
      await axe();

      await open('/rules');
      check((await page.locator('.menu [aria-current]').innerText()).trim(),
        say('common.menu_people'));
      await until(() => rows(page, 0, 1, 2), [[say('people.rule_split'),
        say('people.rule_records', { count: 2 }), me], ...others(say)]);
      await axe();

      const first = page.locator('tbody tr').first();

      await first.getByRole('button', { name: say('people.rule_remove') }).click();
      await dialog.getByText(say('people.rule_remove_text')).waitFor();
      await axe();
      await dialog.getByRole('button', { name: say('common.no'), exact: true }).click();
      await dialog.waitFor({ state: 'hidden' });
      await first.getByRole('button', { name: say('people.rule_remove') }).click();
      await dialog.getByRole('button', { name: say('people.rule_remove_yes') }).click();
      await page.getByText(say('people.rule_going')).waitFor();
      await until(() => rows(page, 0, 1, 2), others(say));

      await openPerson(page, open, ana, 'Ana L.');
      await why(page, say, 2).waitFor();
    });

  await tell('all rules are taken back', async ({ page, open, axe, say }) => {
    const dialog = page.getByRole('dialog');

    await open('/rules');
    for (const left of [1, 0]) {
      await until(() => page.locator('tbody tr').count(), left + 1);
      await page.getByRole('button', { name: say('people.rule_remove') }).first().click();
      await dialog.getByRole('button', { name: say('people.rule_remove_yes') }).click();
      await dialog.waitFor({ state: 'hidden' });
      await until(() => page.locator('tbody tr').count(), left);
    }
    await page.getByText(say('people.no_rules'), { exact: true }).waitFor();
    await axe();
    await openPerson(page, open, '11970000005', 'Eva Sol');
    await page.getByText(say('people.alone')).waitFor();
  });

  await tell('somebody is erased', async ({ page, open, axe, expect, say }) => {
    const dialog = page.getByRole('dialog');
    const erase = page.getByRole('button', { name: say('people.erase'), exact: true });
    const yes = dialog.getByRole('button', { name: say('people.erase_yes') });
    const word = dialog.getByLabel(say('people.erase_type',
      { word: say('people.erase_word') }));

    expect(/status of 404/);
    await openPerson(page, open, '11970000007', 'Zeca Souza');

    const gone = new URL(page.url()).pathname;

    await erase.click();
    await dialog.getByText(say('people.erase_title', { name: 'Zeca Souza' })).waitFor();
    await dialog.getByText(say('people.erase_final')).waitFor();
    await until(() => yes.isDisabled(), true);
    await word.fill('x');
    await until(() => yes.isDisabled(), true);
    await dialog.getByRole('button', { name: say('common.no'), exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
    await erase.click();
    await word.fill(say('people.erase_word'));
    await until(() => yes.isDisabled(), false);
    await axe();
    await yes.click();
    await page.getByText(say('people.erased'), { exact: true }).waitFor();
    await axe();
    await page.getByRole('link', { name: say('people.back'), exact: true }).click();
    await found(page, 'Yara Nunes');
    await search(page, say, 'Zeca Souza');
    await page.getByText(say('people.none_found'), { exact: true }).waitFor();
    await open(gone);
    await page.getByText(say('people.gone')).waitFor();
  });

  await tell('who had whom erased is kept', async ({ page, open, axe, say, language }) => {
    const me = `ana.${language.toLowerCase()}@example.com`;
    const typed = page.getByRole('searchbox', { name: say('people.erasures_search') });
    const done = [[me, '1', say('people.state_done')]];
    const none = page.getByText(say('people.no_erasures'), { exact: true });

    await open('/erasures');
    await until(() => rows(page, 1, 4, 5), done);
    await axe();
    await typed.fill('carla');
    await none.waitFor();
    await axe();
    await typed.fill('ana');
    await page.waitForURL(/q=ana/);
    await until(() => rows(page, 1, 4, 5), done);
    await page.getByLabel(say('common.to'), { exact: true }).fill('2020-01-01');
    await none.waitFor();
    await page.getByLabel(say('common.to'), { exact: true }).fill('');
    await until(() => rows(page, 1, 4, 5), done);
  });

  await tell('an erasure that the worker\'s end interrupts is done all the same',
    async ({ page, open, axe, expect, say }) => {
      const dialog = page.getByRole('dialog');

      expect(/status of 50[234]|ERR_INCOMPLETE|ERR_CONNECTION/);
      await stack.hold_jobs('erase:true');
      await openPerson(page, open, '11970000008', 'Yara Nunes');
      await page.getByRole('button', { name: say('people.erase'), exact: true }).click();
      await dialog.getByLabel(say('people.erase_type',
        { word: say('people.erase_word') })).fill(say('people.erase_word'));
      await dialog.getByRole('button', { name: say('people.erase_yes') }).click();
      await page.getByText(say('people.erasing_text')).waitFor();
      await axe();
      await stack.kill_worker();
      await stack.release_jobs();
      await stack.start_worker();
      await page.getByText(say('people.erased'), { exact: true }).waitFor();
      await open('/erasures');
      await until(() => rows(page, 5), [[say('people.state_done')],
        [say('people.state_done')]]);
    });

  await tell('narrow and dark', async ({ page, open, axe, say }) => {
    await openPerson(page, open, ana, 'Ana L.');
    await why(page, say, 2).waitFor();
    await axe();
    await until(() => fits(page), true);
    await open('/erasures');
    await until(() => page.locator('tbody tr').count(), 2);
    await axe();
    await until(() => fits(page), true);
    await open('/rules');
    await page.getByText(say('people.no_rules'), { exact: true }).waitFor();
    check(await page.innerText('h1'), say('people.rules'));
    await until(() => fits(page), true);
  }, { width: 360, dark: true });
});
