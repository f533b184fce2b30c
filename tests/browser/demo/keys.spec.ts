import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test, type Page } from '@playwright/test';

import config from '../playwright.config';
import { film } from '../tag';
import { Demo, openHandheld, openOffice } from './play';

const FILM = join(tmpdir(), 'rundan-tag-demo.y4m');
writeFileSync(FILM, film('V-210'));

const { launchOptions } = config.use ?? {};
test.use({
  launchOptions: {
    ...launchOptions,
    args: [...(launchOptions?.args ?? []), '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${FILM}`],
  },
});

test('keys that were taken twice, handed over and lost without a network are settled by the office, and proven', async ({ browser }) => {
  const demo = await Demo.start();
  try {
    const [handheld, office] = [await openHandheld(browser, demo), await openOffice(browser, demo)];
    await handheld.context().grantPermissions(['camera']);
    const sheet = handheld.getByRole('dialog');
    await test.step('the office asks who has the key that two took', async () => {
      await handheld.getByRole('link', { name: /^Nycklar/ }).tap();
      await expect(handheld.getByText('Kontoret reder ut')).toBeVisible();
      await office.getByRole('link', { name: /^Nycklar/ }).click();
      await expect(row(office, 'V-201')).toBeVisible();
      await demo.press('1', 'handheld: the network is cut');
    });
    await test.step('the tag of the key that was handed over is held before the camera', async () => {
      await handheld.getByRole('button', { name: 'Skanna bricka eller skriv kod' }).tap();
      await sheet.getByRole('button', { name: 'Ta emot' }).tap();
      await expect(handheld.getByText('Övertagen från Fatima Omar')).toBeVisible();
    });
    await test.step('one is handed to a colleague, and one is lost', async () => {
      await handheld.getByRole('button', { name: /^V-202/ }).tap();
      await sheet.getByRole('button', { name: 'Lämna över' }).tap();
      await sheet.getByRole('button', { name: /^Fatima Omar/ }).tap();
      await expect(handheld.getByText('Fatima Omar har inte bekräftat')).toBeVisible();
      await handheld.getByRole('button', { name: /^V-200/ }).tap();
      await sheet.getByRole('button', { name: 'Tappad' }).tap();
      await sheet.getByLabel('Var såg du den senast?').fill('I trapphuset.');
      await sheet.getByRole('button', { name: 'Spara' }).tap();
      await expect(handheld.getByText('Noterat att V-200 är tappad. Kontoret ser det.')).toBeVisible();
    });
    await test.step('they meet, and the office settles', async () => {
      await demo.press('1', 'handheld: the network is back');
      await row(office, 'V-200').click();
      const lost = office.getByRole('dialog', { name: 'V-200' });
      await lost.getByRole('button', { name: /^Klart: chef och brukare/ }).click();
      await expect(lost.getByText('steg 2 av 7')).toBeVisible();
      await office.keyboard.press('Escape');
      await row(office, 'V-201').click();
      const disputed = office.getByRole('dialog', { name: 'V-201' });
      await disputed.getByLabel('Hur vet du det?').fill('Adam har lagt tillbaka den i skåpet.');
      await disputed.getByRole('button', { name: 'Anna Karlsson hade den' }).click();
      await expect(handheld.getByText('Kontoret reder ut')).toBeHidden();
      await expect(handheld.getByRole('button', { name: /^V-201/ })).toBeVisible();
    });
    await test.step('the log has it all, and is kept as the server signed it', async () => {
      await office.getByRole('dialog').getByRole('link', { name: 'Visa i nyckelloggen' }).click();
      await expect(office.getByRole('row', { name: /V-201.*Anna Karlsson/ }).first()).toBeVisible();
      await office.getByRole('button', { name: 'Exportera CSV' }).click();
      await expect(office.getByText('Exporten är klar')).toBeVisible();
      await office.getByRole('button', { name: 'Exportera PDF' }).click();
      await expect(office.getByText(/nyckellogg-.*\.pdf/)).toBeVisible();
    });
    expect(await demo.end('q')).toBe(0);
    expect(demo.remains()).toEqual([]);
  } finally {
    await demo.clear();
  }
});

/** The way to a key of the office's board. */
function row(office: Page, tag: string) {
  return office.getByRole('row', { name: new RegExp(tag) }).getByRole('link').first();
}
