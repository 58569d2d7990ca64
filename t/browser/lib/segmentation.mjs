// The button of automatic segmentation, and the yes that it asks for.

export async function generate(page, say, { copies = false } = {}) {
  const dialog = page.getByRole('dialog', { name: say('segmentation.ask') });

  await page.getByRole('button', { name: say('segmentation.generate') }).click();
  if (copies) {
    await dialog.getByRole('checkbox', { name: say('segmentation.ask_copies') }).check();
  }
  await dialog.getByRole('button', { name: say('common.yes_continue') }).click();
}
