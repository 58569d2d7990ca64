// Uploads a file through the page with headless Chromium and prints what a
// person would see, as JSON.
//
//   node upload.mjs URL FILE [--plain]
//
// --plain: without JavaScript, by the HTML form alone.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [url, file, mode] = process.argv.slice(2);
const profile = await mkdtemp(join(tmpdir(), 'aud-chromium-'));
const complaints = [];

// A busy machine takes its time.
const timeout = 180_000;

const context = await chromium.launchPersistentContext(profile, {
  timeout,
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  javaScriptEnabled: mode !== '--plain',
  locale: 'pt-BR',
  colorScheme: process.env.COLOR_SCHEME ?? 'light',
  viewport: { width: 1100, height: 900 },
  extraHTTPHeaders: { 'X-Tenant': 'demo', 'X-User': 'demo@example.com' },
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update',
         '--disable-sync', '--disable-dev-shm-usage'],
});

context.setDefaultTimeout(timeout);

try {
  const page = await context.newPage();

  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) {
      complaints.push(message.text());
    }
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) =>
    complaints.push(`${request.url()}: ${request.failure()?.errorText}`));

  await page.goto(url);
  await page.setInputFiles('#file', file);

  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === 'POST'),
    page.click('#upload button'),
  ]);
  const result = { status: answer.status(), seen: '', complaints };

  if (mode === '--plain') {
    await page.waitForLoadState();
    result.seen = await page.evaluate(() => document.body.innerText);
  } else {
    await page.waitForSelector('#outcome .good, #outcome .bad');
    await page.waitForSelector('#imports tbody tr');
    result.seen = await page.innerText('#outcome');
    result.list = await page.innerText('#imports tbody');
    result.language = await page.getAttribute('html', 'lang');
    await page.click('[data-language=en]');
    await page.waitForSelector('html[lang=en]');
    await page.getByText('Finished').first().waitFor();
    result.english = await page.innerText('h1');
    result.errorLinks = await page.locator('#imports tbody a').count();
    result.lists = { en: await page.innerText('#imports tbody') };
    await page.click('[data-language=es]');
    await page.waitForSelector('html[lang=es]');
    await page.getByText('Terminada').first().waitFor();
    result.lists.es = await page.innerText('#imports tbody');
  }

  if (process.env.SCREENSHOT) {
    await page.screenshot({ path: process.env.SCREENSHOT });
  }
  console.log(JSON.stringify(result));
} finally {
  await context.close();
  await rm(profile, { recursive: true, force: true });
}
