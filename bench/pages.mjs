// What bench/pages.pl asks for: node pages.mjs URL TIMES
//
// Says a JSON value a line: [what, tenant, milliseconds until it is seen,
// milliseconds of those that the last answer took].

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, until, words } from '../t/browser/lib/stories.mjs';

const [, , url, times] = process.argv;
const say = await words('pt-BR', 'audiences', 'build', 'people', 'fields');
const rows = 'tbody td.main-cell a';
const offered = '.options [role=option] .option-label';


// From the first key or click that `act` makes until the page shows what is
// waited for: that `selector` is there and its text is no more `before`, and
// that a picture of it has been made; null where it looks as before.
async function seen(page, act, selector, before = '') {
  await page.evaluate(([what, old, patience]) => {
    let begun;
    const begin = (event) => { begun ??= event.timeStamp; };
    const answer = () => performance.getEntriesByType('resource')
      .filter(({ name }) => name.includes('/v1/')).at(-1)?.duration ?? 0;

    addEventListener('keydown', begin, { capture: true, once: true });
    addEventListener('pointerdown', begin, { capture: true, once: true });
    performance.clearResourceTimings();
    globalThis.seen = new Promise((resolve) => {
      setTimeout(resolve, patience, null);
      requestAnimationFrame(function look() {
        const now = begun && document.querySelector(what)?.innerText;

        requestAnimationFrame(now === undefined || now === old ? look
          : () => resolve([performance.now() - begun, answer()]));
      });
    });
  }, [selector, before, 5000]);
  await act();
  return page.evaluate(() => globalThis.seen);
}


const text = (page, selector) => page.locator(selector).first().innerText();

// A digit that what stands first has not behind what is typed, so that it goes.
const digit = (typed, first) => [...'1234567890'].find((one) =>
  !first.includes(typed + one));


// Types three digits, each once the one before has been answered; digits that
// nothing matches are not typed.
async function typing(page, field, selector, tell) {
  let typed = '';

  await field.click();
  for (let i = 0; i < 3 && await page.locator(selector).count() > 1; i += 1) {
    const first = await text(page, selector);
    const next = digit(typed, first);

    typed += next;
    await tell(() => page.keyboard.type(next), selector, first);
    if (await page.locator(selector).count() === 0) {
      break;
    }
  }
}


async function lists(page, tell) {
  const search = page.getByRole('searchbox', { name: say('audiences.search') });
  const head = (key) => page.getByRole('button',
    { name: say(`audiences.column_${key}`), exact: true });

  await page.goto(`${url}/audiences`);
  await page.locator(rows).first().waitFor();
  await tell('another 50 audiences', () => page.keyboard.press('End'),
    `tbody tr:nth-child(51) ${rows.slice(6)}`);
  for (const key of ['name', 'size', 'created']) {
    await tell(`audiences by ${key}`, () => head(key).click(), rows,
      await text(page, rows));
  }
  await typing(page, search, rows, (...what) => tell('audiences by a typed digit', ...what));
}


async function one(page, tell) {
  await page.goto(`${url}/audiences`);
  await page.locator(rows).first().waitFor();
  await tell('an audience', () => page.locator(rows).nth(7).click(), '.stats');
  await page.locator('[aria-labelledby=overlap-title] a').first().waitFor()
    .catch(() => {});
}


async function values(page, tell) {
  await page.goto(`${url}/build`);
  await page.getByRole('button', { name: say('build.add'), exact: true }).click();
  await page.getByRole('combobox', { name: say('build.search_field') }).fill('codigo');
  await page.locator(offered).and(page.getByText('codigo', { exact: true })).waitFor();
  await page.keyboard.press('Enter');

  const input = page.locator('.part [data-value]');

  await input.and(page.locator(':focus')).waitFor();
  await tell('values of a field', () => input.press('ArrowDown'), offered);
  await typing(page, input, offered, (...what) => tell('values by a typed digit', ...what));

  const before = await text(page, '.size-count');

  await input.fill('');
  await until(async () => (await page.locator(offered).count()) > 1, true);
  await input.press('ArrowDown');
  await tell('the count of a chosen value', () => input.press('Enter'),
    '.size:not(.settling) .size-count', before);
}


const browser = await launch(await mkdtemp(join(tmpdir(), 'aud-chromium-')));

for (let i = 0; i < Number(times); i += 1) {
  for (const tenant of ['demo', 'small']) {
    const context = await browser.newContext({ locale: 'pt-BR', reducedMotion: 'reduce',
      viewport: { width: 1280, height: 900 },
      extraHTTPHeaders: { 'X-Tenant': tenant, 'X-User': 'demo@example.com' } });
    const page = await context.newPage();
    const tell = async (what, ...how) => {
      const took = await seen(page, ...how);

      if (took) {
        console.log(JSON.stringify([what, tenant, ...took]));
      }
    };

    await lists(page, tell);
    await one(page, tell);
    await values(page, tell);
    await context.close();
  }
}
await browser.close();
