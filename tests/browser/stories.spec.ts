import { expect, test } from '@playwright/test';

import { fail, goTo, openDay, ring } from './screens';

test('undo stays for ten seconds and takes the tick back', async ({ page }) => {
  await openDay(page);
  await page.getByRole('button', { name: 'Starta besök' }).tap();
  const bed = page.getByRole('checkbox', { name: /^Bäddning/ });
  await bed.tap();
  await expect(bed).toBeChecked();
  await page.getByRole('button', { name: 'Ångra' }).tap();
  await expect(bed).not.toBeChecked();
  await expect(page.getByRole('status').filter({ hasText: 'Ångrat' })).toBeVisible();
});

test('later it is taken back from the visit, which says so', async ({ page }) => {
  await openDay(page);
  await page.getByRole('button', { name: 'Starta besök' }).tap();
  await page.getByRole('checkbox', { name: /^Bäddning/ }).tap();
  await page.getByText('Det du har sagt här').tap();
  await page.getByRole('button', { name: 'Ta tillbaka: Gjord Bäddning' }).tap();
  await expect(page.getByRole('checkbox', { name: /^Bäddning/ })).not.toBeChecked();
});

test('a done intervention pressed again asks first', async ({ page }) => {
  await openDay(page);
  await page.getByRole('button', { name: 'Starta besök' }).tap();
  await page.getByRole('checkbox', { name: /^Bäddning/ }).tap();
  await page.getByRole('checkbox', { name: /^Bäddning/ }).tap();
  await expect(page.getByRole('dialog', { name: 'Bäddning är gjord' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('checkbox', { name: /^Bäddning/ })).toBeChecked();
});

test('open interventions are listed once, and can be answered there', async ({ page }) => {
  await openDay(page);
  await page.getByRole('button', { name: 'Starta besök' }).tap();
  await page.getByRole('button', { name: 'Avsluta besök' }).tap();
  const sheet = page.getByRole('dialog');
  await sheet.getByRole('button', { name: 'Gjord: Dusch', exact: true }).tap();
  await sheet.getByRole('button', { name: 'Inte gjord: Medicin' }).tap();
  await sheet.getByRole('button', { name: 'Ville inte' }).tap();
  await expect(sheet.getByText('2 insatser är öppna')).toBeVisible();
  await sheet.getByRole('button', { name: 'Avsluta ändå' }).tap();
  await expect(page.getByText('Avslutat med öppna insatser')).toBeVisible();
});

test('the door code is shown on a press and hidden after half a minute', async ({ page }) => {
  await page.clock.install();
  await openDay(page);
  await page.getByRole('button', { name: 'Portkod' }).first().tap();
  await expect(page.getByText('1928')).toBeVisible();
  await page.clock.runFor(31_000);
  await expect(page.getByText('1928')).toBeHidden();
});

test('a visit to someone who is not on the phone begins with her name in words', async ({ page }) => {
  await openDay(page);
  await page.getByRole('button', { name: 'Oplanerat besök' }).tap();
  await page.getByLabel('Hos vem?').fill('Okänd Person');
  await page.getByRole('button', { name: 'Starta besök hos Okänd Person' }).tap();
  await expect(page.getByRole('heading', { name: 'Okänd Person' })).toBeVisible();
  await expect(page.getByText('Kontoret kopplar besöket till rätt person')).toBeVisible();
});

test('an unplanned visit asks when she left the one under way, and pauses it only if she says so', async ({ page }) => {
  await openDay(page);
  await page.getByRole('button', { name: 'Starta besök' }).tap();
  await page.getByRole('link', { name: 'Dagen' }).tap();
  await page.getByRole('button', { name: 'Oplanerat besök' }).tap();
  await page.getByRole('button', { name: 'Någon bad om det' }).tap();
  await page.getByLabel('Hos vem?').fill('Okänd Person');
  await page.getByRole('button', { name: 'Starta besök hos Okänd Person' }).tap();
  const asked = page.getByRole('dialog', { name: 'När gick du från Maj-Britt Sandell?' });
  await asked.getByRole('button', { name: 'Jag är inte klar där, pausa det' }).tap();
  await expect(page.getByRole('heading', { name: 'Okänd Person' })).toBeVisible();
  await page.getByRole('link', { name: 'Dagen' }).tap();
  await expect(page.getByText('Pausat')).toBeVisible();
});

test('what was not accepted is counted until she says that she saw it', async ({ page }) => {
  await page.goto('./?fake=odd');
  await page.getByRole('button', { name: '1 togs inte emot' }).tap();
  await page.getByRole('button', { name: 'Jag har sett det' }).tap();
  await expect(page.getByText('Fru Lindgren vill ha fönstret öppet på natten.')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: '3 inte skickade' })).toBeVisible();
});

test('a shift that was ended by mistake is taken up again later', async ({ page }) => {
  await openDay(page);
  await page.getByRole('button', { name: 'Avsluta passet' }).tap();
  const closing = page.getByRole('dialog', { name: 'Innan du slutar' });
  await expect(closing.getByText('Har inte kommit fram')).toBeVisible();
  await closing.getByLabel('Varför behåller du nycklarna?').fill('Nattpasset tar över dem av mig.');
  await closing.getByRole('button', { name: 'Avsluta passet ändå' }).tap();
  await page.getByText('Det du har sagt om passet').tap();
  await page.getByRole('button', { name: 'Ta tillbaka: Avslutade passet' }).tap();
  await expect(page.getByRole('button', { name: 'Avsluta passet' })).toBeVisible();
});

test('changes are read as a list and acknowledged', async ({ page }) => {
  await openDay(page);
  await page.getByRole('button', { name: 'Läs' }).tap();
  await expect(page.getByText('Flyttat från 13:15 till 13:45')).toBeVisible();
  await page.getByRole('button', { name: 'Jag har läst' }).tap();
  await expect(page.getByText('ändringar medan du var borta')).toBeHidden();
});

test('an incident note survives leaving it, and is sent in', async ({ page }) => {
  await openDay(page);
  await page.getByRole('link', { name: 'Rapportera' }).tap();
  await page.getByRole('button', { name: 'Ny avvikelse' }).tap();
  await page.getByRole('button', { name: 'Fall' }).tap();
  await page.getByLabel('Vad hände?').fill('Hon föll i hallen.');
  await page.getByRole('button', { name: 'Tillbaka' }).tap();
  await page.getByRole('link', { name: /Hon föll i hallen/ }).tap();
  await expect(page.getByLabel('Vad hände?')).toHaveValue('Hon föll i hallen.');
  await page.getByRole('button', { name: 'Skicka in' }).tap();
  await expect(page.getByRole('heading', { name: 'Inskickade' })).toBeVisible();
});

test('a code that does not hold is explained, a right one opens the day', async ({ page }) => {
  await page.goto('./?fake=new');
  await page.getByRole('button', { name: 'Anslut' }).tap();
  await expect(page.getByText('Skriv koden')).toBeVisible();
  await page.getByLabel('Kod').fill('FEL');
  await page.getByRole('button', { name: 'Anslut' }).tap();
  await expect(page.getByText('Koden gäller inte')).toBeVisible();
  await page.getByLabel('Kod').fill('ABCD-1234');
  await page.getByRole('button', { name: 'Anslut' }).tap();
  await expect(page.getByText('3 av 12 besök')).toBeVisible();
});

test('the language, the look and the text size change at once', async ({ page }) => {
  await openDay(page);
  await page.getByRole('link', { name: 'Mer' }).tap();
  await page.getByRole('button', { name: 'English' }).tap();
  await page.getByRole('button', { name: 'Dark' }).tap();
  await page.getByRole('button', { name: '150 %' }).tap();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.getByRole('link', { name: 'Today', exact: true }).tap();
  await expect(page.getByRole('heading', { name: /Saturday/ })).toBeVisible();
});

test('the look follows the phone until one is chosen', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await openDay(page);
  const root = page.locator('html');
  await expect(root).toHaveAttribute('data-theme', 'light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect(root).toHaveAttribute('data-theme', 'dark');
  await page.getByRole('link', { name: 'Mer' }).tap();
  await page.getByRole('button', { name: 'Mörkt' }).tap();
  await page.emulateMedia({ colorScheme: 'light' });
  await expect(root).toHaveAttribute('data-theme', 'dark');
});

test('everything is reached and done by keyboard alone', async ({ page }) => {
  await openDay(page);
  await page.getByRole('button', { name: 'Avsluta passet' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Innan du slutar' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(page.getByRole('button', { name: 'Avsluta passet' })).toBeFocused();
});

test('a note that is being written is there when its sheet opens again, and gone when it is saved', async ({ page }) => {
  await openDay(page);
  await page.getByRole('button', { name: 'Starta besök' }).tap();
  await page.getByRole('button', { name: 'Anteckning', exact: true }).tap();
  await page.getByLabel('Vad ska kontoret och nästa kollega veta?').fill('Hon är yr i dag');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Anteckning', exact: true }).tap();
  await expect(page.getByLabel('Vad ska kontoret och nästa kollega veta?')).toHaveValue('Hon är yr i dag');
  await page.getByRole('button', { name: 'Spara' }).tap();
  await page.getByRole('button', { name: 'Anteckning', exact: true }).tap();
  await expect(page.getByLabel('Vad ska kontoret och nästa kollega veta?')).toHaveValue('');
});

test('a late notice is taken up again after leaving it, and the one who is left is told', async ({ page }) => {
  await openDay(page);
  await goTo(page, '#/late/visit-5');
  await page.getByRole('button', { name: '30 min' }).tap();
  await page.getByRole('button', { name: 'Spara 2 nya tider' }).tap();
  await ring(page, 'Abdi Hersi');
  await page.getByRole('button', { name: 'Fick besked' }).tap();
  await expect(page.getByText(/^Fick besked 0/)).toBeVisible();
  await page.getByRole('button', { name: 'Tillbaka' }).tap();
  await expect(page.getByText('3 av 12 besök')).toBeVisible();
  await goTo(page, '#/late/visit-6');
  await expect(page.getByText(/^Sparat 08:5/)).toBeVisible();
  await expect(page.getByText(/^Fick besked 0/)).toBeVisible();
  await ring(page, 'Gun Ahlin');
  await page.getByRole('button', { name: 'Svarar inte' }).tap();
  await expect(page.getByText(/^Svarar inte 0/)).toBeVisible();
  await page.getByRole('button', { name: 'Be kontoret ringa alla' }).tap();
  await expect(page.getByText('Kontoret ringer dem som inte har fått besked')).toBeVisible();
});

test('what fails under a sheet is said in the sheet, and stays to be tried again', async ({ page }) => {
  await openDay(page);
  await page.getByRole('button', { name: 'Starta besök' }).tap();
  await page.getByRole('button', { name: 'Anteckning', exact: true }).tap();
  const sheet = page.getByRole('dialog');
  await sheet.getByRole('textbox').fill('Hon är yr i dag');
  await fail(page, 'act', 'disk_full');
  await sheet.getByRole('button', { name: 'Spara' }).tap();
  await expect(sheet.getByRole('status')).toContainText('Telefonens minne är fullt');
  await sheet.getByRole('status').getByRole('button', { name: 'Stäng' }).tap();
  await expect(sheet.getByRole('textbox')).toHaveValue('Hon är yr i dag');
  await sheet.getByRole('button', { name: 'Spara' }).tap();
  await expect(page.getByText('Anteckningen är sparad')).toBeVisible();
});

test('a tick in the list of what is open can be undone there', async ({ page }) => {
  await openDay(page);
  await page.getByRole('button', { name: 'Starta besök' }).tap();
  await page.getByRole('button', { name: 'Avsluta besök' }).tap();
  const sheet = page.getByRole('dialog');
  await sheet.getByRole('button', { name: 'Gjord: Dusch', exact: true }).tap();
  await expect(sheet.getByText('3 insatser är öppna')).toBeVisible();
  await sheet.getByRole('button', { name: 'Ångra' }).tap();
  await expect(sheet.getByText('4 insatser är öppna')).toBeVisible();
});

test('another end passes the list of what is open, which comes back after a reason in words', async ({ page }) => {
  await openDay(page);
  await page.getByRole('button', { name: 'Starta besök' }).tap();
  await page.getByRole('button', { name: 'Annan sluttid' }).tap();
  const sheet = page.getByRole('dialog');
  await sheet.getByRole('textbox').first().fill('0935');
  await sheet.getByRole('textbox').nth(1).fill('Glömde avsluta');
  await sheet.getByRole('button', { name: 'Spara' }).tap();
  await expect(sheet.getByText('4 insatser är öppna')).toBeVisible();
  await sheet.getByRole('button', { name: 'Inte gjord: Dusch' }).tap();
  await sheet.getByRole('button', { name: 'Annat' }).tap();
  await sheet.getByRole('textbox').fill('Duschen är trasig');
  await sheet.getByRole('button', { name: 'Spara' }).tap();
  await expect(sheet.getByText('3 insatser är öppna')).toBeVisible();
  await sheet.getByRole('button', { name: 'Avsluta ändå' }).tap();
  await expect(page.getByText(/–09:35/).first()).toBeVisible();
});

test('the next visit is seen whole when the day opens', async ({ page }) => {
  await page.goto('./?fake=quiet');
  const card = page.getByRole('article');
  await expect(card.getByRole('heading', { name: 'Maj-Britt Sandell' })).toBeVisible();
  for (const part of [card.getByText('Ring på först'), card.getByRole('button', { name: 'Starta besök' }), card.getByRole('button', { name: 'Sen' })]) {
    await expect.poll(() => part.evaluate((element) => {
      const { left, top, width, height } = element.getBoundingClientRect();
      const seen = document.elementFromPoint(left + width / 2, top + height - 2);
      return seen?.closest('article') === element.closest('article');
    })).toBe(true);
  }
  await expect(page.getByRole('button', { name: /^Starta:/ })).toBeHidden();
});

test('a pull down at the top asks the server, and a short one does not', async ({ page }) => {
  await page.goto('./?fake=quiet');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const asked = () => page.evaluate(() => (window as unknown as { fake: { calls: { command: string }[] } }).fake.calls.filter(({ command }) => command === 'sync_now').length);
  const finger = await page.context().newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', y?: number) =>
    finger.send('Input.dispatchTouchEvent', { type, touchPoints: y === undefined ? [] : [{ x: 180, y }] });
  const pull = async (far: number) => {
    await page.evaluate(() => window.scrollTo(0, 0));
    await touch('touchStart', 200);
    for (let y = 200; y <= 200 + far; y += 10) await touch('touchMove', y);
  };
  await pull(60);
  await expect(page.getByText('Dra ned för att skicka och hämta')).toBeVisible();
  await touch('touchEnd');
  await pull(140);
  await expect(page.getByText('Släpp för att skicka och hämta')).toBeVisible();
  expect(await asked()).toBe(0);
  await touch('touchEnd');
  await expect.poll(asked).toBe(1);
});
