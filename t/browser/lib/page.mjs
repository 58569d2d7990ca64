// What stories look for on a page, and whose they are.

// What the page says, which those who hear it are told once more elsewhere.
export function told(page, text) {
  return page.locator('#main').getByText(text, { exact: true });
}


// A row of a table that has a text.
export function row(page, text) {
  return page.getByRole('row').filter({ hasText: text });
}


// A part of the page, by its heading.
export function card(page, name) {
  return page.getByRole('region', { name, exact: true });
}


// What stands beside a name.
export function fact(where, name) {
  return where.locator('dt').filter({ hasText: name }).locator('+ dd').innerText();
}


// A tenant for each language, as each() asks for one.
export function inTenant(prefix) {
  return (language) => `${prefix}-${language.toLowerCase()}`;
}


// The window is not too narrow for what it shows.
export function fits(page) {
  return page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
}
