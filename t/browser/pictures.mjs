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


async function call(path, method = 'GET', body = undefined,
  type = 'application/json') {
  const answer = await fetch(url + path, { method,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'Content-Type': type,
      Authorization: `Basic ${btoa('demo@example.com:demo')}` } });

  if (!answer.ok) {
    throw new Error(`${method} ${path}: ${await answer.text()}`);
  }
  return answer.json();
}


async function first(path) {
  return (await call(path)).items[0].id;
}


const leads = { all: [
  { field: 'Status do Lead', op: 'in', value: ['Não é Cliente', 'Qualificado Vendas'] },
  { any: [{ field: 'idade', op: 'between', value: [18, 30] },
          { field: 'última compra', op: 'within_last', value: 365 }] }] };


async function ended(job) {
  const { state } = await call(`/v1/jobs/${job}`);

  if (['dead', 'cancelled'].includes(state)) {
    throw new Error(`the job ${job} is ${state}`);
  }
  if (state !== 'done') {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await ended(job);
  }
}


// People who fall into two groups, as those of the sample do not: in nine of ten
// the first value of each field is the group's own.
function groups() {
  const kinds = [['Flamengo', 'Completo', 'WhatsApp', 'Site', 'Cliente'],
    ['Palmeiras', 'Essencial', 'Telefone', 'Loja física', 'Ex-cliente']];
  const rows = Array.from({ length: 400 }, (_, i) => {
    const values = kinds[i % 5 < 3 ? 0 : 1].map((value, k) =>
      ((i * 7 + k * 3) % 10 ? value : kinds[i % 2][k]));

    return `119${String(70000000 + i)},Pessoa ${i},${values.join()}`;
  });

  return ['phoneNumber,name,time do coração,plano,Canal da última interação,'
    + 'Origem do Lead,Status do Lead', ...rows, ''].join('\n');
}


// The groups of the base, found once.
async function segmented() {
  const { items } = await call('/v1/segmentations');

  if (items.length === 0) {
    await ended((await call('/v1/imports?filename=clientes.csv', 'POST', groups(),
      'text/csv')).job);
    await ended((await call('/v1/segmentations', 'POST',
      { suggest_copies: true })).job);
  }
  return '/segmentation';
}


async function found() {
  await segmented();
  return `/audiences/${await first('/v1/audiences?type=automatic')}`;
}


// Somebody of two files, who wrote to us.
async function somebody() {
  const phone = '11987650000';

  await ended((await call('/v1/imports?filename=loja.csv', 'POST',
    `phoneNumber,name,email,loja\n${phone},Ana Lima,ana.lima@example.com,Centro\n`,
    'text/csv')).job);
  await ended((await call('/v1/imports?filename=crm.csv', 'POST',
    `phoneNumber,name,plano\n+55${phone},Ana Lima Souza,Completo\n`, 'text/csv')).job);
  await ended((await call('/v1/conversations', 'POST', `${JSON.stringify({
    id: 'c-1', phone, channel: 'WhatsApp', messages: [
      { at: '2026-11-01T12:00:00Z', from: 'customer',
        text: 'Oi! Quero trocar de plano, mas achei caro demais. Tem desconto?' },
      { at: '2026-11-01T12:01:00Z', from: 'agent', text: 'Tem, sim!' }] })}\n`,
    'application/x-ndjson')).job);
  return `/people/${await first(`/v1/profiles?phone=${phone}`)}`;
}


// Rules of people: two who are never one, a number that is nobody's own.
async function ruled() {
  const { items } = await call('/v1/resolution/rules');

  if (items.length === 0) {
    const { profiles } = await call('/v1/query', 'POST', { limit: 2,
      filter: { field: 'name', op: 'contains', value: 'Ana' } });

    for (const rule of [{ type: 'apart', profiles: profiles.map(({ id }) => id) },
      { type: 'blocked', kind: 'phone', value: '+551140000000' }]) {
      await ended((await call('/v1/resolution/rules', 'POST', rule)).job);
    }
  }
  return '/rules';
}


// Somebody who asked to be forgotten.
async function erased() {
  const { items } = await call('/v1/audit');

  if (items.length === 0) {
    const { profiles } = await call('/v1/query', 'POST', { limit: 1,
      filter: { field: 'city', op: 'equals', value: 'Manaus' } });

    await ended((await call(`/v1/profiles/${profiles[0].id}`, 'DELETE')).job);
  }
  return '/erasures';
}


// What was said is needed for labels.
async function labelled() {
  await somebody();
  return '/labels';
}


// name: the address, and what is done there before the picture is taken.
const pages = {
  sources: { path: () => '/sources' },
  build: { path: () => `/build?filter=${encodeURIComponent(JSON.stringify(leads))}` },
  source: { path: async () => `/sources/${await first('/v1/imports')}` },
  segmentation: { path: segmented },
  audiences: { path: () => '/audiences' },
  audience: { path: found },
  people: { path: () => '/people?q=ana' },
  person: { path: somebody },
  labels: { path: labelled },
  rules: { path: ruled },
  erasures: { path: erased },
  jobs: { path: () => '/jobs' },
};


// Of README only what a window shows, wide in light and narrow in dark.
const readme = folder.endsWith('docs/pages');
const views = readme ? [[1280, 'light'], [360, 'dark']]
  : [[1280, 'light'], [1280, 'dark'], [360, 'light'], [360, 'dark']];


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
  await view.waitForFunction(() =>
    !document.querySelector('.skeleton, [aria-busy=true]'));
  await page.then?.(view);
  await view.screenshot({ fullPage: !readme,
    path: join(folder, `${name}-${width}-${colorScheme}.png`) });
  await context.close();
}


const profile = await mkdtemp(join(tmpdir(), 'aud-chromium-'));
const browser = await launch(profile, '--lang=pt-BR');

try {
  for (const [name, page] of Object.entries(pages)) {
    for (const view of views) {
      if (!only || only === name) {
        await take(browser, name, page, ...view);
      }
    }
  }
} finally {
  await browser.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 20 });
}
