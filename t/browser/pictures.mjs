// Pictures of the pages, for README and for looking at them:
//
//   node pictures.mjs URL FOLDER [PAGE]      (tools/screenshots starts what it needs)
//
// FOLDER/<page>-<width>-<light or dark>.png

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from './lib/stories.mjs';

const [, , url, folder, only] = process.argv;
const credentials = { username: 'demo@example.com', password: 'demo' };


async function call(path) {
  const answer = await fetch(url + path, { headers: {
    Authorization: `Basic ${btoa('demo@example.com:demo')}` } });

  return answer.json();
}


async function first(path) {
  return (await call(path)).items[0].id;
}


const leads = { all: [
  { field: 'Status do Lead', op: 'in', value: ['Não é Cliente', 'Qualificado Vendas'] },
  { any: [{ field: 'idade', op: 'between', value: [18, 30] },
          { field: 'última compra', op: 'within_last', value: 365 }] }] };


// name: the address, and what is done there before the picture is taken.
const pages = {
  sources: { path: () => '/sources' },
  build: { path: () => `/build?filter=${encodeURIComponent(JSON.stringify(leads))}` },
  source: { path: async () => `/sources/${await first('/v1/imports')}` },
  jobs: { path: () => '/jobs' },
};


async function take(browser, name, page, width, colorScheme) {
  const context = await browser.newContext({
    locale: 'pt-BR', timezoneId: 'America/Sao_Paulo', colorScheme,
    reducedMotion: 'reduce', viewport: { width, height: 800 },
    httpCredentials: credentials,
  });
  const view = await context.newPage();

  await view.goto(url + await page.path());
  await view.locator('h1').waitFor();
  await view.waitForLoadState('networkidle');
  await page.then?.(view);
  await view.screenshot({ fullPage: true,
    path: join(folder, `${name}-${width}-${colorScheme}.png`) });
  await context.close();
}


const profile = await mkdtemp(join(tmpdir(), 'aud-chromium-'));
const browser = await launch(profile, '--lang=pt-BR');

try {
  for (const [name, page] of Object.entries(pages)) {
    for (const width of [1280, 360]) {
      for (const scheme of ['light', 'dark']) {
        if (!only || only === name) {
          await take(browser, name, page, width, scheme);
        }
      }
    }
  }
} finally {
  await browser.close();
  await rm(profile, { recursive: true, force: true });
}
