// Bundles the pages:  node web/build.mjs FOLDER
//
// Checks the locale files, bundles src/ by esbuild (one chunk a page), puts
// css/ into one file, and writes index.html with the names, which are made of
// the content.  Beside each file lies its gzip, for nginx's gzip_static.
//
// Fails where a text is missing in a language, where two pages' styles have a
// selector in common, and where what the first page loads in one language
// reaches 60 kB, gzipped.

import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile }
  from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { checkTexts } from './texts.mjs';

const web = dirname(fileURLToPath(import.meta.url));
const target = resolve(process.argv[2]);
const folder = `${target}.new`;
const limit = 60_000;
const first = { page: 'sources', language: 'pt-BR' };

const browsers = ['chrome123', 'firefox120', 'safari17.5'];
const options = {
  bundle: true, minify: true, write: false, metafile: true, target: browsers,
  absWorkingDir: web, logLevel: 'warning', legalComments: 'none',
};


// name-HASH.extension
function named(path, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 8);

  return basename(path).replace(/\.(\w+)$/, `-${hash}.$1`);
}


async function emit(name, content) {
  const path = join(folder, name);

  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  if (/\.(js|css|svg|html)$/.test(name)) {
    await writeFile(`${path}.gz`, gzipSync(content, { level: 9 }));
  }
}


// Pico draws its icons by data: addresses, which the policy of the pages
// forbids: they become files.
async function withoutDataAddresses(css) {
  const pattern = /url\((["']?)data:image\/svg\+xml,(.*?)\1\)/g;
  let result = '';
  let at = 0;

  for (const found of css.matchAll(pattern)) {
    const svg = decodeURIComponent(found[2]);
    const name = named('icon.svg', svg);

    await emit(`assets/${name}`, svg);
    result += `${css.slice(at, found.index)}url(${name})`;
    at = found.index + found[0].length;
  }
  return result + css.slice(at);
}


// All pages have one sheet: what two of them say of one class would be mixed up.
async function checkSelectors(pages) {
  const owners = new Map();

  for (const page of pages) {
    const css = (await readFile(join(web, 'css/pages', page), 'utf8'))
      .replace(/\/\*.*?\*\//gs, '');

    for (const [, selectors] of css.matchAll(/([^{};]+)\{/g)) {
      for (const selector of selectors.split(',').map((one) => one.trim())) {
        const owner = owners.get(selector) ?? page;

        if (owner !== page && !selector.startsWith('@')) {
          throw new Error(`${selector} stands in ${owner} and in ${page}`);
        }
        owners.set(selector, page);
      }
    }
  }
}


async function styles() {
  const pages = (await readdir(join(web, 'css/pages')))
    .filter((name) => name.endsWith('.css')).sort();
  const names = ['tokens', 'base', 'shell', 'ui',
    ...pages.map((name) => `pages/${basename(name, '.css')}`)];

  await checkSelectors(pages);

  const contents = [`@import "@picocss/pico/css/pico.classless.min.css";`,
    ...names.map((name) => `@import "./css/${name}.css";`)].join('\n');
  const { outputFiles } = await build({
    ...options, stdin: { contents, resolveDir: web, loader: 'css' },
    outfile: 'pages.css',
  });
  const css = await withoutDataAddresses(outputFiles[0].text);
  const name = named('pages.css', css);

  await emit(`assets/${name}`, css);
  return name;
}


async function scripts() {
  const { outputFiles, metafile } = await build({
    ...options, entryPoints: { pages: 'src/main.js' }, outdir: 'assets',
    format: 'esm', splitting: true, entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]', loader: { '.json': 'json' },
  });

  for (const file of outputFiles) {
    await emit(`assets/${basename(file.path)}`, file.contents);
  }
  return metafile.outputs;
}


// An output and all that it loads before it runs.
function closure(outputs, path, seen = new Set()) {
  if (!seen.has(path)) {
    seen.add(path);
    for (const { path: next, kind } of outputs[path].imports) {
      if (kind === 'import-statement') {
        closure(outputs, next, seen);
      }
    }
  }
  return seen;
}


function outputOf(outputs, entry) {
  const found = Object.entries(outputs)
    .find(([, output]) => output.entryPoint === entry);

  if (!found) {
    throw new Error(`${entry} is no chunk of its own`);
  }
  return found[0];
}


async function gzipped(name) {
  return gzipSync(await readFile(join(folder, name)), { level: 9 }).length;
}


async function report(outputs, css) {
  const { page, language } = first;
  const entries = ['src/main.js', `src/pages/${page}/index.js`,
    `locale/${language}/common.json`, `locale/${language}/${page}.json`];
  const needed = new Set(['index.html', `assets/${css}`]);
  let sum = 0;

  for (const entry of entries) {
    for (const path of closure(outputs, outputOf(outputs, entry))) {
      needed.add(path);
    }
  }
  for (const path of Object.keys(outputs)) {
    const { entryPoint } = outputs[path];

    if (entryPoint?.startsWith('src/')) {
      console.log(`  ${String(await gzipped(path)).padStart(7)} B  ${entryPoint}`);
    }
  }
  for (const name of needed) {
    sum += await gzipped(name);
  }

  console.log(`  ${String(await gzipped(`assets/${css}`)).padStart(7)} B  css`);
  console.log(`  ${String(sum).padStart(7)} B  the first page, gzipped`);
  if (sum >= limit) {
    throw new Error(`the first page takes ${sum} B; ${limit} are too many`);
  }
}


try {
  await rm(folder, { recursive: true, force: true });
  await checkTexts(web);

  const css = await styles();
  const outputs = await scripts();
  const script = outputOf(outputs, 'src/main.js');
  const preloads = [...closure(outputs, script)].slice(1)
    .map((path) => `<link rel="modulepreload" href="/${path}">`);
  const document = await readFile(join(web, 'index.html'), 'utf8');

  await emit('index.html', document.replace('@CSS@', `/assets/${css}`)
    .replace('@SCRIPT@', `/${script}`).replace('@PRELOADS@', preloads.join('\n  ')));
  await emit('icon.svg', await readFile(join(web, 'icon.svg')));
  await report(outputs, css);

  await rm(target, { recursive: true, force: true });
  await rename(folder, target);
} catch (error) {
  console.error(`web: ${error.message}`);
  process.exitCode = 1;
}
