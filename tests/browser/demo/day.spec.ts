import { expect, test } from '@playwright/test';

import { Demo, block, openHandheld, openOffice } from './play';

test('an incident reaches the office, the sheet tells where all is, and the shift ends without a network', async ({ browser }) => {
  const demo = await Demo.start('--speed', '0');
  try {
    const [handheld, office] = [await openHandheld(browser, demo), await openOffice(browser, demo)];
    await expect(office.getByText('18 arbetskort, 214 besök')).toBeVisible();

    await test.step('the draft outlives the page, and is submitted', async () => {
      await handheld.getByRole('link', { name: 'Rapportera' }).tap();
      await handheld.getByRole('button', { name: 'Ny avvikelse' }).tap();
      await handheld.getByRole('button', { name: 'Fall', exact: true }).tap();
      await handheld.getByLabel('Vad hände?').fill('Hon föll i hallen.');
      await expect(handheld.getByText(/^Utkast sparat/)).toBeVisible();
      await expect(handheld).not.toHaveURL(/new$/);
      await handheld.reload();
      await expect(handheld.getByLabel('Vad hände?')).toHaveValue('Hon föll i hallen.');
      await handheld.getByLabel('Vad gjorde du?').fill('Hjälpte henne upp.');
      await handheld.getByRole('button', { name: 'Skicka in' }).tap();
      await expect(handheld.getByRole('heading', { name: 'Inskickade' })).toBeVisible();
    });
    await test.step('the office opens it, and its author sees that', async () => {
      await office.getByRole('link', { name: /Avvikelser/ }).click();
      await office.getByRole('link', { name: /Fall/ }).click();
      await expect(office.getByText('Hon föll i hallen.').last()).toBeVisible();
      await expect(office.getByText('Hjälpte henne upp.')).toBeVisible();
      await handheld.getByRole('link', { name: /Fall/ }).tap();
      await expect(handheld.getByText(/Läst av Eva Nyström/)).toBeVisible();
    });
    await test.step('the sheet tells of each thing how far it has come', async () => {
      await handheld.getByRole('link', { name: 'Dagen' }).tap();
      await handheld.getByRole('button', { name: 'Starta besök' }).tap();
      // Until the office has the start the chip may still tell of what was before it.
      await office.getByRole('link', { name: /Läget nu/ }).click();
      await expect(block(office, 'Anna Karlsson', 'Maj-Britt Sandell', 'Pågår')).toBeVisible();
      await expect(handheld.getByText('Allt är skickat')).toBeVisible();
      await demo.press('1', 'handheld: the network is cut');
      await handheld.getByRole('checkbox', { name: /^Dusch/ }).tap();
      await handheld.getByRole('button', { name: '1 inte skickad' }).tap();
      const sheet = handheld.getByRole('dialog', { name: 'Så långt har allt kommit' });
      await expect(sheet.getByRole('heading', { name: 'Väntar på att skickas' })).toBeVisible();
      await expect(sheet.getByText(/Väntar på nät/).first()).toBeVisible();
      await expect(sheet.getByRole('heading', { name: 'Har kommit fram' })).toBeVisible();
      await sheet.getByRole('button', { name: 'Stäng' }).tap();
    });
    await test.step('the shift ends with what is left in plain sight', async () => {
      await handheld.getByRole('link', { name: 'Dagen' }).tap();
      await handheld.getByRole('button', { name: 'Avsluta passet' }).tap();
      const sheet = handheld.getByRole('dialog', { name: 'Innan du slutar' });
      await expect(sheet.getByText('Pågår fortfarande')).toBeVisible();
      await expect(sheet.getByText('Besök som inte är påbörjade')).toBeVisible();
      await expect(sheet.getByText('1 sak är inte skickad.', { exact: false })).toBeVisible();
      await expect(sheet.getByText('V-203')).toBeVisible();
      await sheet.getByRole('button', { name: 'Avsluta passet ändå' }).tap();
      await expect(sheet.getByText('Lämna tillbaka nycklarna, eller skriv varför du behåller dem.')).toBeVisible();
      await sheet.getByRole('textbox').fill('Skåpet är låst.');
      await sheet.getByRole('button', { name: 'Avsluta passet ändå' }).tap();
      await expect(handheld.getByText('Passet är avslutat')).toBeVisible();
      await demo.press('1', 'handheld: the network is back');
      await expect(handheld.getByText('Allt är skickat')).toBeVisible();
    });
    expect(await demo.end('q')).toBe(0);
    expect(demo.remains()).toEqual([]);
  } finally {
    await demo.clear();
  }
});
