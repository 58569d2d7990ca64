// Files that stories choose on the page of data sources, and where it shows them.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { folder } from './stories.mjs';

// One row goes in, one has said no, one is wrong.
export const good = 'phoneNumber,name,Opt-in\n+5511900000001,Ana,sim\n'
  + '+5511900000002,Bia,nao\ntelefone,Caio,sim\n';


export async function file(name, content) {
  const path = join(folder, name);

  await writeFile(path, content);
  return path;
}


export async function choose(page, path) {
  await page.locator('input[type=file]').setInputFiles(path);
}


// What the page says, which those who hear it are told once more elsewhere.
export function told(page, text) {
  return page.locator('#main').getByText(text, { exact: true });
}


export function row(page, name) {
  return page.getByRole('row').filter({ hasText: name });
}


export function inTenant(prefix) {
  return (language) => `${prefix}-${language.toLowerCase()}`;
}


// The window is not too narrow for what it shows.
export function fits(page) {
  return page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
}
