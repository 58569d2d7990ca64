// What stories of audiences have in common.

import { until } from './stories.mjs';


// The names in a list, in its order.
export async function names(page) {
  const all = await page.locator('tbody td.main-cell .cell').allInnerTexts();

  return all.map((name) => name.trim());
}


export const namesAre = (page, expected) => until(() => names(page), expected);


// An entry of the menu of an audience.
export async function choose(page, say, name, action) {
  await page.getByRole('button', { name: say('audiences.menu_of', { name }),
    exact: true }).click();
  await page.getByRole('menuitem', { name: say(`audiences.${action}`),
    exact: true }).click();
}


// A moment as the pages tell it: the browser's own Intl is asked, whose data may
// be newer than ours.
export function moment(page, at, options = { dateStyle: 'medium', timeStyle: 'short' }) {
  return page.evaluate(([instant, how]) =>
    new Intl.DateTimeFormat(document.documentElement.lang, how)
      .format(new Date(instant)), [at, options]);
}


// What /v1 answers to the page's person.
export function get(page, path) {
  return page.evaluate(async (address) => (await fetch(address)).json(), path);
}


// The focus is where it is waited for.
export function focused(locator) {
  return until(() => locator.evaluate((element) =>
    element === element.ownerDocument.activeElement), true);
}
