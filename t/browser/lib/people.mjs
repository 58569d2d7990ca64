// What stories of people have in common.


// Types, and waits until that is what the page asks for.
export async function search(page, say, typed) {
  await page.getByRole('searchbox', { name: say('people.search') }).fill(typed);
  await page.waitForURL((url) => url.searchParams.get('q') === typed);
}


export async function found(page, name) {
  await page.getByRole('row').getByRole('link', { name, exact: true }).waitFor();
}


export async function openPerson(page, open, typed, name) {
  await open(`/people?q=${encodeURIComponent(typed)}`);
  await page.getByRole('row').getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
}
