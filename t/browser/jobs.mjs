// Jobs: what runs, what waits, what failed and why; retrying and cancelling.

import { check, languages, match, stories, texts } from './lib/stories.mjs';


function row(page, text) {
  return page.getByRole('row').filter({ hasText: text });
}


async function act(page, item, name) {
  await item.getByRole('button').click();
  await page.getByRole('menuitem', { name }).click();
}


await stories(async ({ story, stack }) => {
  await stack.mail_fails();

  for (const language of languages) {
    const words = await texts(language, 'jobs');
    const reasons = await texts(language, 'reasons');

    await story(`what was done and what failed, in ${language}`,
      async ({ page, open, axe }) => {
        await open('/jobs');
        await row(page, 'sem-correio.csv').getByText(words.state_done).waitFor();
        const failed = row(page, words.type_mail).filter({
          hasText: words.state_dead });
        await failed.waitFor();
        await failed.getByText(reasons.mail_unreachable).waitFor();
        await axe();
        await failed.getByRole('button').click();
        await axe();
        await page.keyboard.press('Escape');
        check(await page.getByRole('menuitem').count(), 0);
        await page.locator('[name=state]').selectOption('dead');
        await row(page, 'sem-correio.csv').waitFor({ state: 'detached' });
        await page.locator('[name=state]').selectOption('cancelled');
        await page.locator('#main').getByText(words.none_found).waitFor();
        await axe();
      }, { language });
  }

  await story('a failed job is tried again', async ({ page, open }) => {
    await stack.mail_works();
    await open('/jobs');
    await act(page, row(page, 'Falhou'), 'Tentar de novo');
    await page.getByRole('button', { name: 'Não' }).click();
    await act(page, row(page, 'Falhou'), 'Tentar de novo');
    await page.getByRole('button', { name: 'Sim, continuar' }).click();
    await page.locator('.toast').getByText('A tarefa voltou para a fila.').waitFor();
    await row(page, 'Falhou').waitFor({ state: 'detached' });
    await row(page, 'Envio de e-mail').getByText('Concluída').waitFor();
  });

  await story('a job that waits for its next attempt is cancelled',
    async ({ page, open, axe }) => {
      await stack.mail_waits();
      await open('/jobs');
      const waits = row(page, 'Nova tentativa marcada');
      match(await waits.innerText(), /nova tentativa em \d+ minutos/);
      await act(page, waits, 'Cancelar');
      await page.getByRole('dialog').waitFor();
      await axe();
      await page.getByRole('button', { name: 'Sim, continuar' }).click();
      await row(page, 'Cancelada').waitFor();
      await axe();
    }, { width: 360, dark: true });

  await story('a job that runs shows how far it is', async ({ page, open, axe }) => {
    await stack.hold_jobs('import:prepared');
    const id = await stack.upload();
    await open('/jobs');
    const runs = row(page, 'parado.csv');
    await runs.getByText('Em andamento').waitFor();
    await runs.getByText('gravando').waitFor();
    await axe();
    await stack.release_jobs();
    await runs.getByText('Concluída').waitFor();
    await runs.getByRole('link').click();
    await page.getByRole('heading', { level: 1, name: 'parado.csv' }).waitFor();
    match(page.url(), new RegExp(`/sources/${id}$`));
  });

  await story('events come again after the worker was away',
    async ({ page, open, expect }) => {
      expect(/ERR_|status of 50[234]/);
      await stack.hold_jobs('import:started');
      await stack.upload();
      await open('/jobs');
      await row(page, 'Em andamento').waitFor();
      await stack.release_jobs();
      await row(page, 'Em andamento').waitFor({ state: 'detached' });
      await stack.hold_jobs('import:started');
      await stack.upload();
      await page.reload();
      await row(page, 'Em andamento').waitFor();
      await stack.kill_worker();
      await stack.start_worker();
      await row(page, 'Em andamento').waitFor({ state: 'detached' });
      await page.locator('.note-warn').waitFor({ state: 'detached' });
    });
});
