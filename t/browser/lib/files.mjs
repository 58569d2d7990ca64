// Files that stories choose on the page of data sources.

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
