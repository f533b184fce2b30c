import { expect, test, type Locator, type Page } from '@playwright/test';

import { Demo, block, openHandheld, openOffice } from './play';

test('the story of docs/demo.md plays as told, and nothing is left of it', async ({ browser }) => {
  const demo = await Demo.start();
  try {
    const [handheld, office] = [await openHandheld(browser, demo), await openOffice(browser, demo)];
    await expect(handheld.getByText('4 av 12 besök')).toBeVisible();
    await expect(office.getByText('18 arbetskort, 214 besök')).toBeVisible();
    await expect(office.getByText(/^telefonen tyst sedan 08:47$/)).toBeVisible();
    await expect(block(office, 'Fatima Omar', 'Maj-Britt Sandell', 'Pågår')).toBeVisible();

    await test.step('a visit begins', async () => {
      await handheld.getByRole('button', { name: 'Starta besök' }).tap();
      await expect(block(office, 'Anna Karlsson', 'Maj-Britt Sandell', 'Pågår')).toBeVisible();
      // The answer, too, is back before the network goes.
      await expect(handheld.getByText('Allt är skickat')).toBeVisible();
    });
    await test.step('the network goes', async () => {
      await demo.press('1', 'handheld: the network is cut');
      await tick(handheld, 'Dusch');
      await tick(handheld, 'Frukost');
      await expect(handheld.getByText('2 inte skickade')).toBeVisible();
    });
    await test.step('the page is opened anew', async () => {
      await handheld.reload();
      for (const name of ['Dusch', 'Frukost']) await expect(check(handheld, name)).toBeChecked();
    });
    await test.step('the office moves what she has begun', async () => {
      await endWithAllDone(handheld);
      await handheld.getByRole('button', { name: 'Starta besök' }).tap();
      await expect(handheld.getByRole('heading', { name: 'Abdi Hersi' })).toBeVisible();
      await block(office, 'Anna Karlsson', 'Abdi Hersi', 'Planerat').click();
      await move(office, '10:45');
      await expect(office.getByRole('dialog').getByText('Inget har hänt än.')).toBeVisible();
    });
    await test.step('they meet', async () => {
      await demo.press('1', 'handheld: the network is back');
      await expect(office.getByRole('dialog').getByText('Startade')).toBeVisible();
      await expect(office.getByRole('dialog').getByText('Flyttat: 10:45–11:00')).toBeVisible();
      await expect(handheld.getByText('Allt är skickat')).toBeVisible();
      await expect(handheld.getByText('Planerat 10:45–11:00')).toBeVisible();
      await handheld.getByRole('link', { name: 'Dagen' }).tap();
      await handheld.getByRole('button', { name: 'Läs' }).tap();
      await expect(handheld.getByText('Flyttat från 10:15 till 10:45')).toBeVisible();
      await handheld.getByRole('button', { name: 'Jag har läst' }).tap();
      await office.keyboard.press('Escape');
      await expect(block(office, 'Anna Karlsson', 'Maj-Britt Sandell', 'Klart')).toBeVisible();
    });
    await test.step('the server stops', async () => {
      await demo.press('s', 'server: stopped');
      await handheld.getByRole('button', { name: /^Till besöket/ }).first().tap();
      await endWithAllDone(handheld);
      await handheld.getByRole('button', { name: 'Starta besök' }).tap();
      await expect(handheld.getByRole('heading', { name: 'Gun Ahlin' })).toBeVisible();
      await demo.press('s', 'server: started');
      await expect(block(office, 'Anna Karlsson', 'Abdi Hersi', 'Klart')).toBeVisible();
      await expect(block(office, 'Anna Karlsson', 'Gun Ahlin', 'Pågår')).toBeVisible();
    });
    await test.step('running late', async () => {
      await handheld.getByRole('link', { name: 'Dagen' }).tap();
      await handheld.getByRole('button', { name: 'Sen' }).tap();
      await handheld.getByRole('button', { name: '15 min', exact: true }).tap();
      await handheld.getByRole('button', { name: /^Spara \d nya tider/ }).tap();
      const call = handheld.getByRole('link', { name: 'Ring Rolf Wikner' });
      // Nothing dials here.
      await call.evaluate((link) => link.addEventListener('click', (event) => event.preventDefault()));
      await call.tap();
      await handheld.getByRole('button', { name: 'Fick besked' }).tap();
      await office.getByRole('link', { name: /Sena ankomster/ }).click();
      const notice = office.getByText('Rolf Wikner');
      await expect(notice.first()).toBeVisible();
      await expect(office.getByText(/Hodan Yusuf/).first()).toBeVisible();
    });
    expect(await demo.end('q')).toBe(0);
    expect(demo.remains()).toEqual([]);
  } finally {
    await demo.clear();
  }
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} ends the demo, and leaves nothing`, async () => {
    const demo = await Demo.start('--speed', '0');
    expect(await demo.end(signal)).toBe(0);
    expect(demo.remains()).toEqual([]);
    await demo.clear();
  });
}


function check(handheld: Page, name: string): Locator {
  return handheld.getByRole('checkbox', { name: new RegExp(`^${name}`) });
}

async function tick(handheld: Page, name: string): Promise<void> {
  await check(handheld, name).tap();
  await expect(check(handheld, name)).toBeChecked();
}

/** *Allt gjort* leaves the medicine to the carer. */
async function endWithAllDone(handheld: Page): Promise<void> {
  await handheld.getByRole('button', { name: 'Allt gjort' }).tap();
  await tick(handheld, 'Medicin');
  await handheld.getByRole('button', { name: 'Avsluta besök' }).tap();
  await expect(handheld.getByText('Besöket är avslutat')).toBeVisible();
}

async function move(office: Page, to: string): Promise<void> {
  const panel = office.getByRole('dialog');
  await panel.getByRole('button', { name: 'Ändra tid' }).click();
  await panel.getByLabel('Börjar').fill(to);
  await panel.getByRole('button', { name: 'Spara' }).click();
  await expect(panel.getByText(`Besöket är flyttat till ${to}`)).toBeVisible();
}
