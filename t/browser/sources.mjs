// Data sources: from a file to what became of it, and back.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check, folder, languages, match, stories, texts } from './lib/stories.mjs';

const good = 'phoneNumber,name,Opt-in\n+5511900000001,Ana,sim\n'
  + '+5511900000002,Bia,nao\ntelefone,Caio,sim\n';


async function file(name, content) {
  const path = join(folder, name);

  await writeFile(path, content);
  return path;
}


async function choose(page, path) {
  await page.locator('input[type=file]').setInputFiles(path);
}


function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}


function row(page, name) {
  return page.getByRole('row').filter({ hasText: name });
}


await stories(async ({ story, stack }) => {
  for (const language of languages) {
    const words = await texts(language, 'common', 'sources');
    const reasons = await texts(language, 'reasons');
    const problems = await texts(language, 'problems');
    const name = `contatos-${language}.csv`;

    await story(`from a file to its undoing, in ${language}`,
      async ({ page, open, axe }) => {
        await open('/sources');
        await axe();
        await choose(page, await file(name, good));
        await page.locator('#main').getByText(fill(words.ended_partly, { name })).waitFor();
        await page.locator('#main').getByText(fill(words.counts,
          { imported: 1, refused: 1, rejected: 1 })).waitFor();
        await row(page, name).getByText(words.state_partly).waitFor();
        await axe();

        await row(page, name).getByRole('link').click();
        await page.getByRole('heading', { level: 1, name }).waitFor();
        await page.locator('#main').getByText(reasons.phone_character).waitFor();
        await page.locator('#main').getByText(words.columns.other.replace('{count}', '3'))
          .first().waitFor();
        check(await page.locator('.timeline li').count(), 3);
        await axe();

        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('link', { name: words.rejected_file }).click()]);
        match(download.suggestedFilename(), /\.csv$/);

        await page.getByRole('button', { name: words.undo }).click();
        await page.getByRole('dialog').waitFor();
        await axe();
        await page.getByRole('button', { name: words.no, exact: true }).click();
        check(await page.getByRole('dialog').count(), 0);
        await page.waitForFunction((text) =>
          document.activeElement.textContent.trim() === text, words.undo);
        await page.getByRole('button', { name: words.undo }).click();
        await page.getByRole('button', { name: words.undo_yes }).click();
        await page.locator('.lead').getByText(words.state_undone).waitFor();
        check(await page.locator('#main').getByText(reasons.phone_character).count(), 0);
      }, { language });

    await story(`a refused file, in ${language}`,
      async ({ page, open, axe, expect }) => {
        expect(/status of 422/);
        await open('/sources');
        await choose(page, await file('errado.csv', 'telefone,Opt-in\n1,sim\n'));
        await page.locator('#main').getByText(problems['missing-phone-column']).waitFor();
        await page.locator('#main').getByText(fill(problems.suggestion, { suggestion: 'telefone' }))
          .waitFor();
        await axe();
        await page.getByRole('button',
          { name: fill(words.dismiss, { name: 'errado.csv' }) }).click();
        check(await page.locator('.sending').count(), 0);
      }, { language });
  }

  await story('a file without opt-in asks for consent',
    async ({ page, open, axe }) => {
      const path = await file('sem-opt-in.csv', 'phoneNumber\n+5511900000003\n');

      await open('/sources');
      await choose(page, path);
      await page.getByRole('dialog').getByText('sem-opt-in.csv').waitFor();
      await axe();
      await page.keyboard.press('Escape');
      check(await page.locator('.sending').count(), 0);
      await choose(page, path);
      await page.getByRole('button', { name: 'Sim, continuar' }).click();
      await page.locator('#main').getByText('sem-opt-in.csv foi importado.').waitFor();
      await page.getByRole('link', { name: 'Ver os detalhes' }).click();
      await page.locator('#main').getByText(
        'Sem coluna Opt-in: confirmado por ana.pt-br@example.com para 1 linha')
        .waitFor();
    });

  await story('who has said no stays out, and the page says so',
    async ({ page, open }) => {
      await stack.import_file('nao.csv', 'phoneNumber,Opt-in\n'
        + '+5511900000077,nao\n+5511900000078,sim\n');

      const later = await stack.import_file('outro.csv',
        'phoneNumber\n+5511900000077\n+5511900000079\n');

      await open(`/sources/${later.id}`);
      await page.locator('#main').getByText('O contato já disse não').waitFor();
    });

  await story('rows and columns of what is wrong are told',
    async ({ page, open, expect }) => {
      expect(/status of 422/);
      await open('/sources');
      await choose(page, await file('colunas.csv',
        'phoneNumber,Opt-in,cor,,cor\n+5511900000001,sim,azul,,azul\n'));
      await page.locator('#main').getByText('Coluna 4:').waitFor();
      await page.locator('#main').getByText('Há uma coluna sem nome').waitFor();
      await page.locator('#main').getByText('Coluna 5:').waitFor();
      await page.locator('#main').getByText('Há duas colunas com o mesmo nome').waitFor();

      await choose(page, await file('aspas.csv',
        'phoneNumber,Opt-in\n+5511900000001,sim\n"+5511900000002,sim\n'));
      await page.locator('#main').getByText('Linha 3:').waitFor();
      await page.locator('#main').getByText('Uma aspa foi aberta').waitFor();

      await choose(page, await file('muitas.csv', 'phoneNumber,Opt-in\n'
        + '+5511900000001,sim\n'.repeat(1001)));
      await page.locator('#main').getByText('o máximo é 1.000').waitFor();
    });

  await story('a file in an older encoding is sent again as such',
    async ({ page, open, expect }) => {
      expect(/status of 422/);
      await open('/sources');
      await choose(page, await file('antigo.csv', Buffer.from(
        'phoneNumber,name,Opt-in\n+5511900000004,Jo\xe3o,sim\n', 'latin1')));
      await page.getByRole('button', { name: /Enviar de novo como windows-1252/ })
        .click();
      await page.locator('#main').getByText('antigo.csv foi importado.').waitFor();
    });

  await story('a large file that is refused at its head says why',
    async ({ page, open, expect }) => {
      expect(/status of 422|status of 413/);
      await open('/sources');
      await choose(page, await file('grande.csv',
        `nome,Opt-in\n${'x,sim\n'.repeat(1_500_000)}`));
      await page.locator('#main').getByText('Falta a coluna “phoneNumber”').waitFor();
      await choose(page, await file('enorme.csv',
        `phoneNumber,Opt-in\n${'x'.repeat(11_000_000)}`));
      await page.locator('#main').getByText('máximo, de 10,5 MB').waitFor();
      await choose(page, await file('gigante.csv',
        `phoneNumber,Opt-in\n${'x'.repeat(40_000_000)}`));
      await page.locator('#main').getByText('máximo que o servidor aceita').waitFor();
    });

  await story('files are dropped, and one follows the other',
    async ({ page, open }) => {
      await open('/sources');
      const files = await page.evaluateHandle((content) => {
        const data = new DataTransfer();

        for (const name of ['um.csv', 'dois.csv']) {
          data.items.add(new File([content], name, { type: 'text/csv' }));
        }
        return data;
      }, good);
      await page.dispatchEvent('.drop', 'dragover', { dataTransfer: files });
      await page.dispatchEvent('.drop', 'drop', { dataTransfer: files });
      await page.locator('#main').getByText('um.csv foi importado em parte.').waitFor();
      await page.locator('#main').getByText('dois.csv foi importado em parte.').waitFor();
    });

  await story('an upload shows its bytes, and can be cancelled',
    async ({ page, context, open }) => {
      const devices = await context.newCDPSession(page);

      await open('/sources');
      await devices.send('Network.emulateNetworkConditions', {
        offline: false, latency: 0, downloadThroughput: -1,
        uploadThroughput: 100_000 });
      await choose(page, await file('lento.csv', `phoneNumber,name,Opt-in\n${
        '+5511900000001,Ana,sim\n'.repeat(900)}`.padEnd(2_000_000, ' ')));
      await page.waitForFunction(() =>
        document.querySelector('progress')?.value > 0);
      await page.locator('#main').getByText('de 2 MB').waitFor();
      await page.getByRole('button', { name: 'Cancelar lento.csv' }).click();
      await page.locator('#main').getByText('lento.csv: envio cancelado').waitFor();
      await devices.detach();
    });

  await story('an import that runs can be cancelled', async ({ page, open }) => {
    await stack.hold_jobs('import:started');
    await open('/sources');
    await choose(page, await file('parado.csv', good));
    await page.locator('#main').getByText('Importando parado.csv').waitFor();
    await Promise.all([
      page.waitForResponse((answer) => answer.url().endsWith('/cancel')),
      page.getByRole('button', { name: 'Cancelar parado.csv' }).click()]);
    await stack.release_jobs();
    await page.locator('#main').getByText('A importação foi cancelada.').waitFor();
    await row(page, 'parado.csv').getByText('Erro').waitFor();
  });

  await story('the worker is away: one line says so, and goes by itself',
    async ({ page, open, expect, axe }) => {
      expect(/status of 50[234]|ERR_/);
      await stack.import_file('antes.csv', good);
      await open('/sources');
      await row(page, 'antes.csv').first().waitFor();
      await stack.stop_worker();
      await choose(page, await file('depois.csv', good));
      const note = page.locator('#main').getByText('Parte do serviço está parada. C');
      await note.waitFor();
      await page.getByRole('button', { name: 'Tentar de novo' }).waitFor();
      await axe();
      check(await row(page, 'antes.csv').count() > 0, true);
      await stack.start_worker();
      await note.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Tentar de novo' }).click();
      await page.locator('#main').getByText('depois.csv foi importado em parte.').waitFor();
    });

  await story('search and days narrow the list', async ({ page, open }) => {
    await stack.import_file('azul.csv', good);
    await stack.import_file('verde.csv', good);
    await open('/sources');
    await row(page, 'azul.csv').waitFor();
    await page.getByRole('searchbox').fill('VERDE');
    await row(page, 'azul.csv').waitFor({ state: 'detached' });
    await row(page, 'verde.csv').waitFor();
    await page.waitForURL(/q=VERDE/);
    await page.reload();
    await row(page, 'verde.csv').waitFor();
    await page.getByLabel('Até').fill('2020-01-01');
    await page.locator('#main').getByText('Nada encontrado').waitFor();
    await page.getByLabel('Até').fill('');
    await row(page, 'verde.csv').waitFor();
  });

  await story('a file of what a chatbot noted', async ({ page, open }) => {
    await open('/sources');
    await page.getByLabel('O que o arquivo contém').selectOption('extras');
    await choose(page, await file('loja.csv',
      'phoneNumber,loja\n+5511900000001,Centro\n'));
    await page.locator('#main').getByText('loja.csv foi importado.').waitFor();
    await row(page, 'loja.csv').getByText('Dados do chatbot').waitFor();
  });

  await story('by keyboard alone, on a narrow window',
    async ({ page, open, axe }) => {
      const path = await file('teclado.csv', good);

      page.on('filechooser', (chooser) => chooser.setFiles(path));
      await open('/sources');
      await page.locator('select[name=kind]').focus();
      await page.keyboard.press('Tab');
      check(await page.evaluate(() => document.activeElement.type), 'file');
      await page.keyboard.press('Enter');
      await page.locator('#main').getByText('teclado.csv foi importado em parte.').waitFor();
      await row(page, 'teclado.csv').waitFor();
      check(await page.evaluate(() =>
        document.documentElement.scrollWidth <= innerWidth), true);
      await axe();
      await page.getByRole('link', { name: 'teclado.csv' }).click();
      await page.locator('#main').getByText('O telefone tem um caractere').waitFor();
      check(await page.evaluate(() =>
        document.documentElement.scrollWidth <= innerWidth), true);
      await axe();
    }, { width: 360, dark: true });

  await story('the session has ended', async ({ page, open, expect, axe }) => {
    expect(/status of 401/);
    await stack.import_file('aberto.csv', good);
    await open('/sources');
    await row(page, 'aberto.csv').waitFor();
    await stack.expire();
    await page.getByRole('searchbox').fill('x');
    await page.locator('#main').getByText('Sua sessão terminou. Entre de novo para continuar.')
      .waitFor();
    await page.getByRole('button', { name: 'Entrar de novo' }).waitFor();
    await axe();
  }, { credentials: { username: 'ana', password: 'secret' },
       headers: { 'X-Tenant': 'demo', 'X-User': 'ana.pt-br@example.com',
                  'X-Login': 'yes' } });

  await story('an import of another tenant is not found',
    async ({ page, open, expect }) => {
      expect(/status of 404/);
      await open('/sources/imp_01hf0000000000000000000000');
      await page.locator('#main').getByText('Não encontrado.').waitFor();
    });

  await story('without JavaScript a file still goes in', async ({ page, open, expect }) => {
    expect(/: csp$/);         // what is loaded ahead for scripts
    await open('/sources');
    await choose(page, await file('simples.csv', good));
    await page.getByRole('button', { name: 'Importar' }).click();
    await page.getByText('"imp_').waitFor();
  }, { javaScript: false });
});
