import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test, type Page } from '@playwright/test';

import config from '../playwright.config';
import { film } from '../tag';
import { Demo, openHandheld, openOffice } from './play';

const FILM = join(tmpdir(), 'rundan-tag-demo.y4m');
writeFileSync(FILM, film('V-398'));

const { launchOptions } = config.use ?? {};
test.use({
  launchOptions: {
    ...launchOptions,
    args: [...(launchOptions?.args ?? []), '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${FILM}`],
  },
});

test('keys that two carers took, handed over and lost without a network are settled by the office, and proven', async ({ browser }) => {
  const demo = await Demo.start();
  try {
    const [anna, fatima, office] = [await openHandheld(browser, demo), await openHandheld(browser, demo, 'colleague'), await openOffice(browser, demo)];
    for (const page of [anna, fatima]) await page.context().grantPermissions(['camera']);
    await test.step('the office asks who has the key that two took in the morning', async () => {
      for (const page of [anna, fatima]) await page.getByRole('link', { name: /^Nycklar/ }).tap();
      await expect(anna.getByText('Kontoret reder ut')).toBeVisible();
      await office.getByRole('link', { name: /^Nycklar/ }).click();
      await expect(row(office, 'V-201')).toBeVisible();
      await demo.press('s', 'server: stopped');
    });
    await test.step('both take the only copy of one', async () => {
      for (const page of [anna, fatima]) {
        await scan(page, 'V-398');
        await sheet(page).getByRole('button', { name: 'Ta ut' }).tap();
        await expect(page.getByRole('button', { name: /^V-398/ })).toBeVisible();
      }
    });
    await test.step('one that was handed over is received', async () => {
      await scan(anna, 'V-210');
      await sheet(anna).getByRole('button', { name: 'Ta emot' }).tap();
      await expect(anna.getByText('Övertagen från Fatima Omar')).toBeVisible();
    });
    await test.step('one is handed to the colleague, who confirms it, and one is lost', async () => {
      await anna.getByRole('button', { name: /^V-202/ }).tap();
      await sheet(anna).getByRole('button', { name: 'Lämna över' }).tap();
      await sheet(anna).getByRole('button', { name: /^Fatima Omar/ }).tap();
      await expect(anna.getByText('Fatima Omar har inte bekräftat')).toBeVisible();
      await scan(fatima, 'V-202');
      await sheet(fatima).getByRole('button', { name: 'Ta emot' }).tap();
      await sheet(fatima).getByRole('button', { name: /^Anna Karlsson/ }).tap();
      await expect(fatima.getByText('V-202 är hos dig')).toBeVisible();
      await anna.getByRole('button', { name: /^V-200/ }).tap();
      await sheet(anna).getByRole('button', { name: 'Tappad' }).tap();
      await sheet(anna).getByLabel('Var såg du den senast?').fill('I trapphuset.');
      await sheet(anna).getByRole('button', { name: 'Spara' }).tap();
      await expect(anna.getByText('Noterat att V-200 är tappad. Kontoret ser det.')).toBeVisible();
    });
    await test.step('they meet: the hand-over is whole by itself, and the office settles the others', async () => {
      await demo.press('s', 'server: started');
      await expect(fatima.getByText('Båda har bekräftat')).toBeVisible();
      await row(office, 'V-200').click();
      const lost = office.getByRole('dialog', { name: 'V-200' });
      await lost.getByRole('button', { name: /^Klart: chef och brukare/ }).click();
      await expect(lost.getByText('steg 2 av 7')).toBeVisible();
      await office.keyboard.press('Escape');
      await settle(office, 'V-398', 'Fatima har lagt tillbaka den i skåpet.');
      await office.keyboard.press('Escape');
      await settle(office, 'V-201', 'Jonas har hängt tillbaka den.');
      await expect(anna.getByText('Kontoret reder ut')).toHaveCount(0);
      for (const tag of [/^V-398/, /^V-201/]) await expect(anna.getByRole('button', { name: tag })).toBeVisible();
      await expect(fatima.getByRole('button', { name: /^V-398/ })).toBeHidden();
      await expect(fatima.getByRole('button', { name: /^V-202/ })).toBeVisible();
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

function sheet(page: Page) {
  return page.getByRole('dialog');
}

/** Holds a tag before the phone's camera, which plays the film from its beginning each time it is opened. */
async function scan(page: Page, tag: string): Promise<void> {
  writeFileSync(FILM, film(tag));
  await page.getByRole('button', { name: 'Skanna bricka eller skriv kod' }).tap();
  await expect(page.getByRole('dialog', { name: tag })).toBeVisible();
}

/** Settles at the office that Anna had a key that two say they have. */
async function settle(office: Page, tag: string, why: string): Promise<void> {
  await row(office, tag).click();
  const disputed = office.getByRole('dialog', { name: tag });
  await disputed.getByLabel('Hur vet du det?').fill(why);
  await disputed.getByRole('button', { name: 'Anna Karlsson hade den' }).click();
  await expect(disputed.getByText(why)).toBeVisible();
}

/** The way to a key of the office's board. */
function row(office: Page, tag: string) {
  return office.getByRole('row', { name: new RegExp(tag) }).getByRole('link').first();
}
