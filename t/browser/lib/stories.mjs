// What stories are told with:
//
//   import { check, languages, stories } from './lib/stories.mjs';
//
//   await stories(async ({ story, stack }) => {
//     await story('a file goes in', async ({ page, open, axe }) => {
//       await open('/sources');
//       await page.getByRole('button', { name: 'Importar' }).click();
//       check(await page.innerText('h1'), 'Fonte de Dados');
//       await axe();
//     }, { language: 'en', width: 360, dark: true });
//
//     await each('a file goes out', ['sources'], async ({ page, say, language }) => {
//       await page.getByText(say('sources.rejected_file')).waitFor();
//     }, { tenant: (language) => `out-${language.toLowerCase()}` });
//   });
//
// each tells a story once in every language, with the texts of these pages and
// of "common".
//
// Each story has a browser context of its own, as ana.<language>@example.com of
// tenant demo, unless it is given user, tenant or headers.  It fails where the browser complains: an
// error on the console, a report of the content security policy, a request that
// failed.  expect(/pattern/) allows what a story means to provoke.
// stack.stop_worker(…) and the like are run by the test (Audience::Browser).
//
// AUDIENCE_SHOTS=FOLDER keeps a picture of each story's end; AUDIENCE_STORY=TEXT
// tells those alone whose name has it, AUDIENCE_SECONDS=10 is less patient;
// AUDIENCE_SLOW=500 gives the browser a network with as many milliseconds of
// delay and a processor four times slower, which finds what is not waited for.
//
// What a page comes to show, or a call to answer, is read until it is so:
//
//   await until(() => page.locator('.chip').allInnerTexts(), ['Ouro', 'Prata']);

import { mkdtemp, mkdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

export const languages = ['pt-BR', 'en', 'es'];
export const check = assert.deepEqual;
export const match = assert.match;
export const [, , url, folder] = process.argv;

// A busy machine takes its time, and so do sanitizers.
const seconds = Number(process.env.AUDIENCE_SECONDS ?? 90);
const timeout = 1000 * seconds * (process.env.AUDIENCE_SANITIZE ? 4 : 1);
const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const shots = process.env.AUDIENCE_SHOTS;
const only = process.env.AUDIENCE_STORY ?? '';
const slow = Number(process.env.AUDIENCE_SLOW ?? 0);


// Reads until it is what is expected, or time is up: then it says what was read.
// A machine that is slow is not asked all the time.
export async function until(read, expected) {
  const end = Date.now() + timeout;
  let found = await read();

  for (let wait = 20; !isDeepStrictEqual(found, expected) && Date.now() < end;
    wait = Math.min(250, 1.5 * wait)) {
    await pause(wait);
    found = await read();
  }
  check(found, expected);
}


const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();


function say(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}


async function call(name, args) {
  say({ call: name, args });

  const { value, done } = await lines.next();
  const answer = done ? { error: 'the test has gone' } : JSON.parse(value);

  if (answer.error) {
    throw new Error(`${name}: ${answer.error}`);
  }
  return answer.result;
}


export const stack = new Proxy({}, {
  get: (_, name) => (...args) => call(name, args),
});


export async function launch(profile, ...more) {
  return chromium.launch({
    timeout,
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
           '--disable-background-networking', '--disable-component-update',
           '--disable-sync', '--disable-dev-shm-usage', ...more],
    env: { ...process.env, HOME: profile, XDG_CONFIG_HOME: profile },
  });
}


function listen(page, complaints) {
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) {
      complaints.push(`console: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => complaints.push(`error: ${error.stack}`));
  page.on('requestfailed', (request) => {
    // What is left when a page is: not a failure.
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') {
      complaints.push(`${request.url()}: ${request.failure()?.errorText}`);
    }
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`)
        && !/^(blob|data):/.test(request.url())) {
      complaints.push(`another host: ${request.url()}`);
    }
  });
}


// Every violation, each with the elements that have it.
async function axe(page) {
  await page.evaluate(await readFile(axePath, 'utf8'));

  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    resultTypes: ['violations'],
  }));

  check(violations.map(({ id, help, nodes }) =>
    [id, help, ...nodes.map((node) => node.html.slice(0, 160))]), []);
}


// A person for each language, as the server keeps a person's.
function user({ user: name, language = 'pt-BR' }) {
  return name ?? `ana.${language.toLowerCase()}@example.com`;
}


async function slowDown(context, page) {
  const devices = await context.newCDPSession(page);

  await devices.send('Network.emulateNetworkConditions', { offline: false,
    latency: slow, downloadThroughput: -1, uploadThroughput: -1 });
  await devices.send('Emulation.setCPUThrottlingRate', { rate: 4 });
}


async function tools(browser, options, complaints) {
  const headers = options.headers
    ?? { 'X-Tenant': options.tenant ?? 'demo', 'X-User': user(options) };
  const context = await browser.newContext({
    locale: options.language ?? 'pt-BR',
    timezoneId: 'America/Sao_Paulo',
    javaScriptEnabled: options.javaScript ?? true,
    colorScheme: options.dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    viewport: { width: options.width ?? 1280, height: options.height ?? 900 },
    extraHTTPHeaders: headers,
    httpCredentials: options.credentials,
    acceptDownloads: true,
  });
  const expected = [];

  context.setDefaultTimeout(timeout);
  // Files that are saved are asked for without those headers.
  await context.addCookies(['tenant', 'user'].map((name) => ({ url, name,
    value: headers[`X-${name[0].toUpperCase()}${name.slice(1)}`] })));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  });

  const page = await context.newPage();

  listen(page, complaints);
  if (slow) {
    await slowDown(context, page);
  }
  return {
    page, context, url, folder, stack,
    open: async (path) => {
      await page.goto(url + path);
      await page.locator('h1').waitFor();
    },
    axe: () => axe(page),
    expect: (pattern) => expected.push(pattern),
    finish: () => complaints.filter((one) =>
      !expected.some((pattern) => pattern.test(one))),
  };
}


const fileName = (name) => name.replace(/[^\w-]+/g, '_');


async function tell(browser, name, code, options = {}) {
  if (!name.includes(only)) {
    return;
  }

  const complaints = [];
  const given = await tools(browser, options, complaints);

  try {
    await code(given);
    check(given.finish(), [], 'the browser complains of nothing');
    say({ test: name, ok: true });
  } catch (error) {
    const where = join(tmpdir(), 'audience-stories');

    await mkdir(where, { recursive: true });
    await given.page.screenshot({ path: join(where,
      `${basename(process.argv[1], '.mjs')}-${fileName(name)}.png`) })
      .catch(() => {});
    say({ test: name, ok: false,
      why: `${error.stack}\n${complaints.join('\n')}` });
  } finally {
    if (shots) {
      await mkdir(shots, { recursive: true });
      await given.page.screenshot({ fullPage: true,
        path: join(shots, `${fileName(name)}.png`) })
        .catch(() => {});
    }
    await given.context.close();
  }
}


// The texts of a page in a language, as the page has them: texts('en',
// 'sources').title
async function texts(language, ...pages) {
  const all = {};

  for (const page of pages) {
    Object.assign(all, JSON.parse(await readFile(
      new URL(`../../../web/locale/${language}/${page}.json`, import.meta.url),
      'utf8')));
  }
  return all;
}


// What a page says in a language, as its t() has it: say('sources.counts',
// { imported: 2 }), by names that the pages have.
export async function words(language, ...pages) {
  const plural = new Intl.PluralRules(language);
  const number = new Intl.NumberFormat(language);
  const all = {};

  for (const page of ['common', ...pages]) {
    const content = await texts(language, page);

    Object.entries(content).forEach(([key, text]) => { all[`${page}.${key}`] = text; });
  }

  return (key, values = {}) => {
    let text = all[key];

    assert.ok(text !== undefined, `there is a text called ${key}`);
    if (typeof text === 'object') {
      text = (values.count === 0 && text.zero)
        || (text[plural.select(values.count ?? 0)] ?? text.other);
    }
    return text.replace(/\{(\w+)\}/g, (whole, name) =>
      (typeof values[name] === 'number' ? number.format(values[name])
        : values[name] ?? whole));
  };
}


async function tellEach(browser, name, pages, code, options = {}) {
  for (const language of languages) {
    const say = await words(language, ...pages);
    const { tenant = 'demo' } = options;

    await tell(browser, `${name} (${language})`,
      (given) => code({ ...given, language, say }),
      { ...options, language,
        tenant: typeof tenant === 'function' ? tenant(language) : tenant });
  }
}


export async function stories(tellAll) {
  const profile = await mkdtemp(join(tmpdir(), 'aud-chromium-'));
  const browser = await launch(profile);

  try {
    await tellAll({
      stack, url, folder,
      story: (name, code, options) => tell(browser, name, code, options),
      each: (name, pages, code, options) =>
        tellEach(browser, name, pages, code, options),
    });
  } finally {
    await browser.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 20 });
  }
  process.exit(0);
}
