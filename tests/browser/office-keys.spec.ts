import { expect, test, type Page } from '@playwright/test';

import { check, LOOKS, office, room } from './rooms';
import { fail, goTo, listen } from './screens';

/** The room for keys and each thing in it, by the name of its picture, with the way there. */
const PLACES: readonly { name: string; open: (page: Page) => Promise<void> }[] = [
  { name: 'board', open: keys },
  { name: 'out', open: (page) => tab(page, /^Ute nu/) },
  { name: 'ahead', open: async (page) => { await tab(page, /^Saknas framöver/); await expect(page.getByRole('heading', { name: /^I morgon/ })).toBeVisible(); } },
  { name: 'all', open: async (page) => { await tab(page, /^Alla/); await expect(page.getByText('till visas inte')).toBeVisible(); } },
  { name: 'none-found', open: async (page) => { await keys(page); await search(page, 'Zebra'); await expect(page.getByText('Ingen nyckel här passar ”Zebra”')).toBeVisible(); } },
  { name: 'dispute', open: (page) => key(page, 'V-095') },
  { name: 'answers', open: async (page) => { await countDisputed(page); await key(page, 'V-095'); await expect(page.getByText('Då gäller inte', { exact: false }).first()).toBeVisible(); } },
  { name: 'lost', open: (page) => key(page, 'H-212') },
  { name: 'clash', open: (page) => key(page, 'F-118') },
  { name: 'copies', open: (page) => key(page, 'F-122') },
  { name: 'received', open: (page) => key(page, 'H-219') },
  { name: 'return', open: async (page) => { await key(page, 'V-131'); await press(page, 'Lämna tillbaka'); await expect(page.getByLabel('I vilket skåp?')).toBeVisible(); } },
  { name: 'receipt', open: async (page) => { await key(page, 'V-140'); await press(page, 'Skriv kvittens'); await expect(page.getByLabel('Lämnad av')).toBeVisible(); } },
  { name: 'end', open: async (page) => { await damage(page); await press(page, 'Gäller inte längre'); await expect(page.getByLabel('Varför gäller det inte längre?')).toBeVisible(); } },
  { name: 'retire', open: async (page) => { await key(page, 'V-140'); await press(page, 'Avsluta brickan'); await expect(page.getByText('används aldrig igen')).toBeVisible(); } },
  { name: 'new', open: fresh },
  { name: 'choose-cabinet', open: async (page) => { await keys(page); await page.getByRole('link', { name: 'Inventera skåp' }).click(); await expect(page.getByRole('button', { name: 'Fruängen' })).toBeVisible(); } },
  { name: 'count', open: count },
  { name: 'differs', open: async (page) => { await count(page); await press(page, 'F-118 saknas'); await press(page, 'F-304 hänger här'); await press(page, 'V-140 finns'); await press(page, 'Visa vad som skiljer'); await expect(page.getByText('Hänger i fel skåp')).toBeVisible(); } },
  { name: 'which-hangs', open: async (page) => { await count(page); await another(page, 'F-130'); await expect(page.getByText('Vilken hänger här?')).toBeVisible(); } },
  { name: 'no-copy', open: async (page) => { await count(page); await another(page, 'F-122/3'); await expect(page.getByText('Vilket exemplar hänger här?')).toBeVisible(); } },
  { name: 'ledger', open: logOf },
  { name: 'exported', open: async (page) => { await logOf(page); await press(page, 'Exportera CSV'); await expect(page.getByText('Exporten är klar')).toBeVisible(); } },
];

for (const look of LOOKS) {
  for (const { name, open } of PLACES) {
    test(`keys: ${name} in ${look.name} is reachable and readable`, async ({ page }) => {
      const refused = listen(page);
      await office(page, look.query);
      await open(page);
      await page.screenshot({ path: `../../pictures/office/keys-${name}-${look.name}.png` });
      await check(page);
      expect(refused).toEqual([]);
    });
  }
}

for (const { name, hash, says } of [
  { name: 'board', hash: '#/keys', says: 'Two statements' },
  { name: 'key', hash: '#/keys/key/key-H-212', says: 'H-212 is lost' },
  { name: 'new', hash: '#/keys/new', says: 'Create the key' },
  { name: 'count', hash: '#/keys/count/Fruängen/0', says: 'Counting cabinet Fruängen' },
  { name: 'ledger', hash: '#/keys/ledger/key-V-095', says: 'Key log' },
]) {
  test(`keys: ${name} in English is reachable and readable`, async ({ page }) => {
    const refused = listen(page);
    await office(page, '&theme=light&lang=en');
    await goTo(page, hash);
    await expect(page.getByText(says).first()).toBeVisible();
    await page.screenshot({ path: `../../pictures/office/keys-${name}-english.png` });
    await check(page);
    expect(refused).toEqual([]);
  });
}

test('the rooms name how many keys need the office, and each tab how many it has', async ({ page }) => {
  await office(page);
  await expect(page.getByRole('link', { name: /^Nycklar/ }).getByLabel('9 behöver dig')).toBeVisible();
  await keys(page);
  await expect(page.getByRole('button', { name: 'Behöver dig 9' })).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByRole('row')).toHaveCount(10);
});

test('a dispute is settled with a reason for good, and the key is with whose word holds', async ({ page }) => {
  await office(page);
  await key(page, 'V-095');
  const panel = page.getByRole('dialog', { name: 'V-095' });
  await press(page, 'Anna Karlsson hade den');
  await expect(panel.getByText('Skriv hur du vet det.')).toBeVisible();
  await panel.getByLabel('Hur vet du det?').fill('Jonas tryckte av misstag.');
  await press(page, 'Anna Karlsson hade den');
  await expect(panel.getByText('Avgjort', { exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Ångra', exact: true })).toBeHidden();
  await expect(panel.getByRole('heading', { name: 'Två uppgifter om V-095' })).toBeHidden();
  expect(await intents(page, 'settle')).toEqual([{ do: 'settle', document: 'key-V-095', facts: ['key-V-095-taken-1'], text: 'Jonas tryckte av misstag.' }]);
  await expect(panel.getByText('Jonas tryckte av misstag.')).toBeVisible();
  await expect(panel.locator('s', { hasText: 'Jonas Wiklund' })).toBeVisible();
});

test('when nobody had the key, none of the statements holds', async ({ page }) => {
  await office(page);
  await key(page, 'V-095');
  await page.getByLabel('Hur vet du det?').fill('Den hängde kvar.');
  await press(page, 'Ingen av dem');
  await expect(page.getByRole('heading', { name: 'Två uppgifter om V-095' })).toBeHidden();
  await expect(page.getByRole('dialog').getByText('V-095 · Skåp Västertorp, krok 31', { exact: false })).toBeVisible();
  expect((await intents(page, 'settle'))[0]).toMatchObject({ facts: ['key-V-095-taken-0', 'key-V-095-taken-1'] });
});

test('a count of a disputed key is an answer of its own, and each says what it strikes', async ({ page }) => {
  await office(page);
  await countDisputed(page);
  await key(page, 'V-095');
  const panel = page.getByRole('dialog', { name: 'V-095' });
  await expect(panel.getByRole('button', { name: 'Anna Karlsson hade den' })).toHaveAccessibleDescription(/^Då gäller inte: Jonas Wiklund tog ut 06:59, Eva Ström såg den i skåpet \d\d:\d\d$/);
  await expect(panel.getByText('Då gäller inte: Anna Karlsson tog ut 06:58, Jonas Wiklund tog ut 06:59')).toBeVisible();
  await expect(panel.getByText(/^Då gäller inte/)).toHaveCount(3);
  await panel.getByLabel('Hur vet du det?').fill('Jag höll den i handen.');
  await press(page, 'Den hänger i skåpet: Eva Ström räknade den');
  await expect(panel.getByRole('heading', { name: 'Två uppgifter om V-095' })).toBeHidden();
  await expect(panel.getByText('V-095 · Skåp Fruängen', { exact: false })).toBeVisible();
  expect((await intents(page, 'settle'))[0]).toMatchObject({ facts: ['key-V-095-taken-0', 'key-V-095-taken-1'] });
});

test('a damage that was mended ends with a reason', async ({ page }) => {
  await office(page);
  await damage(page);
  const panel = page.getByRole('dialog', { name: 'V-140' });
  const line = panel.getByRole('listitem').filter({ hasText: 'anmälde den skadad' });
  await line.getByRole('button', { name: 'Gäller inte längre' }).click();
  await line.getByRole('button', { name: 'Gäller inte längre' }).click();
  await expect(line.getByText('Skriv varför.')).toBeVisible();
  await line.getByLabel('Varför gäller det inte längre?').fill('Låssmeden har rätat den.');
  await line.getByRole('button', { name: 'Gäller inte längre' }).click();
  await expect(panel.getByText('Noterat att det inte gäller längre')).toBeVisible();
  await expect(panel.locator('s', { hasText: 'anmälde den skadad' })).toBeVisible();
  await expect(line.getByRole('button')).toHaveCount(0);
  await expect(panel.getByText('Låssmeden har rätat den.')).toBeVisible();
  expect(await intents(page, 'settle')).toMatchObject([{ document: 'key-V-140', text: 'Låssmeden har rätat den.' }]);
});

test('a copy with a history is not taken away, and the field says what to do', async ({ page }) => {
  await office(page);
  await key(page, 'F-122');
  const second = page.getByRole('listitem').filter({ hasText: 'F-122/2' });
  await second.getByRole('button', { name: 'Borttappad', exact: true }).click();
  await second.getByRole('button', { name: 'Borttappad', exact: true }).click();
  await press(page, 'Ändra antal');
  await page.getByLabel('Antal exemplar').fill('1');
  await press(page, 'Spara');
  await expect(page.getByText('Exemplar som har en historia kan inte tas bort.', { exact: false })).toBeVisible();
  await page.getByLabel('Antal exemplar').fill('3');
  await expect(page.getByText('Exemplar som har en historia', { exact: false })).toBeHidden();
  await press(page, 'Spara');
  await expect(page.getByText('Nyckeln har 3 exemplar')).toBeVisible();
});

test('who has given a key is told to call who it was given to', async ({ page }) => {
  await office(page);
  await goTo(page, '#/keys/key/key-V-301');
  await press(page, 'Ta ut');
  await press(page, 'Ta ut');
  await press(page, 'Lämna över');
  await page.getByLabel('Till vem?').selectOption('Sara Berg');
  await press(page, 'Lämna över');
  await expect(page.getByRole('link', { name: 'Ring Sara Berg' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Ring Eva Ström' })).toBeHidden();
});

test('who received a key at the office passes it on, and is not asked again whether she has it', async ({ page }) => {
  await office(page);
  await key(page, 'V-131');
  await press(page, 'Jag fick den av Jonas Wiklund');
  const panel = page.getByRole('dialog', { name: 'V-131' });
  await expect(panel.getByText('Eva Ström har fått den av Jonas Wiklund', { exact: false }).first()).toBeVisible();
  await expect(panel.getByRole('button', { name: /^Jag fick den av/ })).toBeHidden();
  await press(page, 'Lämna över');
  await page.getByLabel('Till vem?').selectOption('Sara Berg');
  await press(page, 'Lämna över');
  await expect(panel.getByText('Eva Ström lämnar över till Sara Berg', { exact: false }).first()).toBeVisible();
});

test('a hand-over that the receiver confirmed first is confirmed by its giver at the office', async ({ page }) => {
  await office(page);
  await key(page, 'H-219');
  const panel = page.getByRole('dialog', { name: 'H-219' });
  await expect(panel.getByRole('button', { name: /^Jag fick den av|^Lämna över|^Låna ut/ })).toHaveCount(0);
  await press(page, 'Jag lämnade den till Sara Berg');
  await expect(panel.getByText('H-219 är hos Sara Berg')).toBeVisible();
  await expect(panel.getByRole('button', { name: 'Jag fick den av Sara Berg' })).toBeVisible();
  expect(await intents(page, 'give_keys')).toEqual([{ do: 'give_keys', keys: [{ key: 'key-H-219', copy: 1 }], to: 'carer-4' }]);
});

test('two values of a place are told, and one is chosen', async ({ page }) => {
  await office(page);
  await key(page, 'F-118');
  await press(page, 'Välj Skåp Fruängen, krok 81');
  await expect(page.getByRole('heading', { name: 'Två värden' })).toBeHidden();
  expect(await intents(page, 'choose')).toEqual([{ do: 'choose', document: 'key-F-118', register: 'place', side: 1 }]);
});

test('a lost key goes from the loss through its steps until it is found', async ({ page }) => {
  await office(page);
  await goTo(page, '#/keys/key/key-V-301');
  await press(page, 'Borttappad');
  await page.getByLabel('Var sågs den senast?').fill('I bilen.');
  await press(page, 'Borttappad');
  const panel = page.getByRole('dialog', { name: 'V-301' });
  await expect(panel.getByText('Borttappad · steg 1 av 7')).toBeVisible();
  for (const step of ['chef och brukare har fått veta', 'sökt', 'polisanmälan gjord eller inte aktuell', 'låsbyte och kostnad beslutade', 'ny nyckel finns eller behövs inte', 'avslutat']) {
    await press(page, `Klart: ${step}`);
  }
  await expect(panel.getByText('Borttappad · steg 7 av 7')).toBeVisible();
  await expect(page.getByRole('button', { name: /^Klart:/ })).toBeHidden();
  await press(page, 'Hittad');
  await press(page, 'Hittad');
  await expect(page.getByRole('heading', { name: 'V-301 är borttappad' })).toBeHidden();
});

test('a key that was forgotten is put back, and a lent one and a retired one are told', async ({ page }) => {
  await office(page);
  await key(page, 'V-131');
  await expect(page.getByText('V-131: Jonas Wiklund har den. Den måste komma tillbaka eller anmälas borttappad', { exact: false })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Avsluta brickan' })).toBeHidden();
  await press(page, 'Lämna tillbaka');
  await page.getByLabel('I vilket skåp?').fill('');
  await press(page, 'Lämna tillbaka');
  await expect(page.getByText('Skriv vilket skåp.')).toBeVisible();
  await page.getByLabel('I vilket skåp?').fill('Västertorp');
  await press(page, 'Lämna tillbaka');
  await expect(page.getByText('V-131 är tillbaka i skåp Västertorp')).toBeVisible();
  await press(page, 'Låna ut');
  await press(page, 'Låssmed');
  await page.getByLabel(/^Till vem/).fill('Låsteknik AB');
  await press(page, 'Låna ut');
  await expect(page.getByText('utlånad till Låsteknik AB', { exact: false }).first()).toBeVisible();
  await press(page, 'Avsluta brickan');
  await press(page, 'Avsluta V-131 för gott');
  await expect(page.getByText('brickan är avslutad').first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Flytta' })).toBeHidden();
});

test('a home is added, its receipt is written, and the home is removed', async ({ page }) => {
  await office(page);
  await key(page, 'V-140');
  await press(page, 'Lägg till bostad');
  await page.getByLabel('Sök brukare').fill('Gun');
  const added = page.getByRole('button', { name: /^Går till Gun/ }).first();
  const name = ((await added.textContent()) ?? '').replace('Går till ', '').trim();
  await added.click();
  await page.getByRole('listitem').filter({ hasText: name }).getByRole('button', { name: 'Skriv kvittens' }).click();
  await expect(page.getByLabel('Lämnad av')).toHaveValue(name);
  await press(page, 'Brukaren fick tillbaka nyckeln');
  await expect(page.getByLabel('Lämnad av')).toHaveValue('Eva Ström');
  await page.getByLabel('Antal', { exact: true }).fill('2');
  await press(page, 'Skriv kvittens', 'last');
  await expect(page.getByText(`2026-11-21: Eva Ström lämnade tillbaka 2 st till ${name}`)).toBeVisible();
  await press(page, `Går inte längre till ${name}`);
  await expect(page.getByText(`Nyckeln går inte längre till ${name}`)).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Tidigare hem' })).toBeVisible();
  await expect(page.getByRole('button', { name: `Går inte längre till ${name}` })).toBeHidden();
  await press(page, 'Skriv kvittens', 'last');
  await expect(page.getByLabel('Lämnad av')).toHaveValue('Eva Ström');
  await page.getByLabel('Mottagen av').fill(name);
  await press(page, 'Skriv kvittens', 'last');
  await expect(page.getByText(`2026-11-21: Eva Ström lämnade tillbaka 1 st till ${name}`)).toBeVisible();
});

test('a home that two entered is told twice, and nothing breaks', async ({ page }) => {
  const refused = listen(page);
  await office(page);
  await page.evaluate(() => {
    const { fake } = window as unknown as { fake: { call: (command: string, args: unknown) => Promise<{ homes: unknown[] }> } };
    const call = fake.call.bind(fake);
    fake.call = async (command, args) => {
      const answer = await call(command, args);
      return command === 'key' ? { ...answer, homes: [...answer.homes, ...answer.homes] } : answer;
    };
  });
  await key(page, 'V-140');
  await expect(page.getByRole('button', { name: 'Går inte längre till Gun Dahl' })).toHaveCount(2);
  expect(refused).toEqual([]);
});

test('what carers noted of keys is told on the board and with the key', async ({ page }) => {
  await office(page);
  await keys(page);
  const notes = page.getByRole('region', { name: 'Noterat om nycklar' });
  await expect(notes.getByRole('listitem')).toHaveCount(3);
  await expect(notes.getByText('Larm hos Nils Palm kl. 08:07')).toBeVisible();
  await expect(notes.getByText('Bricka som inte finns i registret eller är avslutad: ”Lade den i kuvertet till kontoret.”')).toBeVisible();
  await expect(notes.getByRole('link')).toHaveCount(2);
  await notes.getByRole('link', { name: 'Öppna V-131' }).click();
  const own = page.getByRole('dialog', { name: 'V-131' }).getByRole('region', { name: 'Noterat' });
  await expect(own.getByRole('listitem')).toHaveText(/Jonas Wiklund · Behöll nyckeln vid passets slut: ”Jag börjar hos henne i morgon.”/);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await search(page, 'V-131');
  await expect(notes).toBeHidden();
  await search(page, '');
  await tab(page, /^Ute nu/);
  await expect(notes).toBeHidden();
});

test('of many notes the newest five are shown, and the others unfold', async ({ page }) => {
  await office(page);
  await page.evaluate(() => {
    const { fake } = window as unknown as { fake: { call: (command: string, args: unknown) => Promise<{ notes: unknown[] }> } };
    const call = fake.call.bind(fake);
    fake.call = async (command, args) => {
      const answer = await call(command, args);
      return command === 'key_board' ? { ...answer, notes: [...answer.notes, ...answer.notes, ...answer.notes] } : answer;
    };
  });
  await tab(page, /^Alla/);
  await tab(page, /^Behöver dig/);
  const notes = page.getByRole('region', { name: 'Noterat om nycklar' }).getByRole('listitem');
  await expect(notes).toHaveCount(5);
  await page.getByText('4 till', { exact: true }).click();
  await expect(notes).toHaveCount(9);
});

test('a new key with a used code or a wrong one is told so at the code, and is then created', async ({ page }) => {
  await office(page);
  await fresh(page);
  const panel = page.getByRole('dialog', { name: 'Ny nyckel' });
  await press(page, 'Skapa nyckeln');
  await expect(panel.getByText('Skriv vilket skåp.')).toBeVisible();
  await panel.getByLabel('Brickans kod').fill('f-001');
  await panel.getByLabel('Skåp', { exact: true }).fill('Fruängen');
  await panel.getByLabel('Krok').fill('90');
  await press(page, 'Skapa nyckeln');
  await expect(panel.getByText('Koden är redan använd, också om brickan är avslutad.')).toBeVisible();
  await panel.getByLabel('Brickans kod').fill('Elsa 3');
  await press(page, 'Skapa nyckeln');
  await expect(panel.getByText('1–16 tecken: stora bokstäver, siffror och bindestreck.')).toBeVisible();
  await panel.getByLabel('Brickans kod').fill('F-900');
  await press(page, 'Skapa nyckeln');
  await expect(page.getByRole('dialog', { name: 'F-900' }).getByText('Bostadsnyckel · Skåp Fruängen, krok 90 · 1 exemplar')).toBeVisible();
});

test('a cabinet is counted by keyboard, one press is undone, and what differs is listed', async ({ page }) => {
  await office(page);
  await count(page);
  await expect(page.getByText('0 av 9 räknade')).toBeVisible();
  await page.getByRole('button', { name: 'F-118 finns' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'F-122/1 finns' })).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(page.getByText('2 av 9 räknade')).toBeVisible();
  await press(page, 'Ångra F-122/1');
  await expect(page.getByText('1 av 9 räknade')).toBeVisible();
  await press(page, 'F-122/1 saknas');
  await expect(page.getByText('Enligt loggen: Mehret Tesfaye har den. Hänger den här ändå?')).toBeVisible();
  await press(page, 'F-304 hänger här');
  await expect(page.getByRole('button', { name: 'Ångra F-304' })).toBeVisible();
  await expect(page.getByText('2 av 9 räknade')).toBeVisible();
  await page.getByLabel('Hänger något här som inte står i listan?').fill('F-001');
  await press(page, 'Den hänger här', 'last');
  await expect(page.getByText('Brickan är avslutad. Ta undan den ur skåpet.')).toBeVisible();
  await page.getByLabel('Hänger något här som inte står i listan?').fill('v-301');
  await press(page, 'Den hänger här', 'last');
  await expect(page.getByText('Hör hemma i skåp Västertorp, krok 40.')).toBeVisible();
  await page.getByLabel('Hänger något här som inte står i listan?').fill('v-304');
  await press(page, 'Den hänger här', 'last');
  await expect(page.getByRole('button', { name: 'Ångra V-304' })).toBeVisible();
  await expect(page.getByText('3 av 10 räknade')).toBeVisible();
  await press(page, 'Visa vad som skiljer');
  const differing = page.getByRole('region', { name: 'Det som skiljer' }).getByRole('listitem');
  await expect(differing).toHaveCount(4);
  await expect(differing.filter({ hasText: 'F-122/1' })).toContainText('Saknas fast den ska hänga här');
  await expect(differing.filter({ hasText: 'F-304' })).toContainText('Hänger här fast någon har den enligt loggen');
  await expect(differing.filter({ hasText: 'V-304' })).toContainText('Hänger här fast någon har den enligt loggen');
  await expect(differing.filter({ hasText: 'V-301' })).toContainText('Hänger i fel skåp, hör hemma i skåp Västertorp, krok 40');
});

test('of a code on several keys the one that hangs here is chosen, and a count of another cabinet\'s key stays in sight', async ({ page }) => {
  await office(page);
  await count(page);
  await another(page, 'f-130');
  const choices = page.getByRole('group', { name: 'Flera har den koden. Vilken hänger här?' }).getByRole('button');
  await expect(choices).toHaveText([/^F-130\s*Skåp Fruängen, krok 30 · Sedelvägen 7$/, /^F-130\s*Skåp Hägerstensåsen, krok 77 · Personnevägen 12$/]);
  await choices.last().click();
  await expect(page.getByText('Hör hemma i skåp Hägerstensåsen, krok 77.')).toBeVisible();
  await expect(choices).toHaveCount(0);
  await press(page, 'V-140 saknas');
  await expect(page.getByRole('button', { name: 'V-140 saknas' })).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByRole('button', { name: 'Ångra V-140' })).toBeVisible();
  await expect(page.getByText('2 av 10 räknade')).toBeVisible();
  await press(page, 'Visa vad som skiljer');
  await expect(page.getByRole('listitem').filter({ hasText: 'V-140' })).toContainText('Saknas fast den hängde här enligt loggen');
});

test('of a number that no copy has, the copies that there are can be counted', async ({ page }) => {
  await office(page);
  await count(page);
  await another(page, 'f-122/3');
  await expect(page.getByText('F-122 har inget exemplar 3. Det finns 2.')).toBeVisible();
  const choices = page.getByRole('group', { name: 'Vilket exemplar hänger här?' }).getByRole('button');
  await expect(choices).toHaveText([/^F-122\/1/, /^F-122\/2/]);
  await choices.last().click();
  await expect(page.getByRole('button', { name: 'Ångra F-122/2' })).toBeVisible();
  await expect(choices).toHaveCount(0);
  await another(page, 'V-301/2');
  await expect(choices).toHaveText([/^V-301/]);
  await expect(page.getByRole('button', { name: 'Ångra V-301' })).toBeHidden();
});

test('keys are found by tag, home and person, and Esc brings back to the row', async ({ page }) => {
  await office(page);
  await tab(page, /^Alla/);
  for (const [text, tag] of [['v-13', 'V-131'], ['störtloppsv. 30', 'L-004'], ['rut blom', 'V-131']] as const) {
    await search(page, text);
    await expect(page.getByRole('row')).toHaveCount(2);
    await expect(page.getByRole('link', { name: tag })).toBeVisible();
  }
  await page.getByRole('link', { name: 'V-131' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'V-131' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(page.getByRole('link', { name: 'V-131' })).toBeFocused();
});

test('a key that will be missing is told with a hand-over and leads to the key', async ({ page }) => {
  await office(page);
  await tab(page, /^Saknas framöver/);
  await expect(page.getByText('Förslag: Jonas Wiklund lämnar över 07:15, i början av passet, före Rut Blom')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Ring Jonas Wiklund' })).toHaveAttribute('href', 'tel:070-1740612');
  await page.getByRole('link', { name: 'Öppna V-131' }).click();
  await expect(page.getByRole('dialog', { name: 'V-131' })).toBeVisible();
});

test('the log is asked for one key and one person, and its export is told with its place', async ({ page }) => {
  await office(page);
  await ledger(page);
  await page.getByLabel('Nyckel', { exact: true }).fill('X-1');
  await press(page, 'Visa');
  await expect(page.getByText('Ingen nyckel i enheten har koden.')).toBeVisible();
  await page.getByLabel('Nyckel', { exact: true }).fill('v-095/2');
  await press(page, 'Visa');
  await expect(page.getByText('V-095 har inget exemplar 2. Det finns 1.')).toBeVisible();
  await page.getByLabel('Nyckel', { exact: true }).fill('v-095');
  await page.getByLabel('Person').selectOption('Jonas Wiklund');
  await press(page, 'Visa');
  await expect(page.getByText('1 rad', { exact: true })).toBeVisible();
  await expect(page.getByRole('cell').first()).toHaveText('2026-11-21 06:59:00');
  await expect(page.getByText(/^[0-9a-f]{16}$/)).toBeVisible();
  await expect(page.getByText(/^[0-9a-f]{64}$/)).toBeVisible();
  await fail(page, 'export_ledger', 'offline');
  await press(page, 'Exportera PDF');
  await expect(page.getByText('Exporten signeras av servern', { exact: false })).toBeVisible();
  await press(page, 'Exportera PDF');
  await expect(page.getByText('nyckellogg-2026-11-21.pdf', { exact: false })).toBeVisible();
});

test('the log of a key whose code is on another too is asked from the key', async ({ page }) => {
  await office(page);
  await keys(page);
  await goTo(page, '#/keys/key/key-F-130-other');
  await page.getByRole('link', { name: 'Visa i nyckelloggen' }).click();
  await expect(page.getByText('2 rader', { exact: true })).toBeVisible();
  await expect(page.getByRole('rowheader').getByRole('link').first()).toHaveAttribute('href', '#/keys/key/key-F-130-other');
  await page.getByLabel('Nyckel', { exact: true }).fill('f-130');
  await press(page, 'Visa');
  await expect(page.getByText('Flera nycklar har koden. Öppna den rätta bland nycklarna och välj Visa i nyckelloggen.')).toBeVisible();
  await page.getByLabel('Nyckel', { exact: true }).fill('v-095');
  await press(page, 'Visa');
  await expect(page.getByText('4 rader', { exact: true })).toBeVisible();
});

test('the log is asked for a cabinet that no key calls its own any more', async ({ page }) => {
  await office(page);
  await ledger(page);
  await page.getByLabel('Skåp').fill(' Gamla skåpet ');
  await press(page, 'Visa');
  await expect(page.getByText('Inget i loggen för det du valde')).toBeVisible();
  await page.getByLabel('Skåp').fill('');
  await press(page, 'Visa');
  await expect(page.getByRole('table')).toBeVisible();
  expect((await queries(page)).map(({ cabinet }) => cabinet)).toEqual([null, 'Gamla skåpet', null]);
});

test('who is at the office of one unit is not asked which, and of several she says which', async ({ page }) => {
  await office(page);
  await ledger(page);
  await expect(page.getByLabel('Enhet')).toBeHidden();
  expect(await queries(page)).toMatchObject([{ unit: null, key: null }]);
  await twoUnits(page);
  const unit = page.getByLabel('Enhet');
  await expect(unit.locator('option')).toHaveText(['Västertorp', 'Fruängen']);
  await press(page, 'Visa');
  await unit.selectOption('Fruängen');
  await press(page, 'Visa');
  await expect.poll(async () => (await queries(page)).slice(1)).toMatchObject([{ unit: 'unit-1' }, { unit: 'unit-2' }]);
});

test('the log of a key is of the unit that the key is of, until another is chosen', async ({ page }) => {
  await office(page);
  await twoUnits(page);
  await logOf(page);
  const unit = page.getByLabel('Enhet');
  await expect(unit.locator('option:checked')).toHaveText('Nyckelns enhet');
  await unit.selectOption('Västertorp');
  await press(page, 'Visa');
  await unit.selectOption('Nyckelns enhet');
  await page.getByLabel('Nyckel', { exact: true }).fill('');
  await expect(unit.locator('option')).toHaveText(['Västertorp', 'Fruängen']);
  await press(page, 'Visa');
  const key = 'key-V-095';
  await expect.poll(() => queries(page)).toMatchObject([{ unit: null, key }, { unit: 'unit-1', key }, { unit: 'unit-1', key: null }]);
});

test('a new key is of the unit that is chosen, the first unless another is', async ({ page }) => {
  await office(page);
  await twoUnits(page);
  await fresh(page);
  const panel = page.getByRole('dialog', { name: 'Ny nyckel' });
  await expect(panel.getByLabel('Enhet').locator('option:checked')).toHaveText('Västertorp');
  await panel.getByLabel('Enhet').selectOption('Fruängen');
  await panel.getByLabel('Brickans kod').fill('F-900');
  await panel.getByLabel('Skåp', { exact: true }).fill('Fruängen');
  await press(page, 'Skapa nyckeln');
  await expect(page.getByRole('dialog', { name: 'F-900' })).toBeVisible();
  expect(await intents(page, 'new_key')).toMatchObject([{ unit: 'unit-2', tag: 'F-900' }]);
});

test('the office says when keys should be back, and that there is no such time', async ({ page }) => {
  await office(page);
  await room(page, 'Inställningar');
  const time = page.getByLabel('När ska nycklarna vara tillbaka?');
  await expect(time).toHaveValue('21:30');
  await time.fill('25');
  await press(page, 'Spara tiden');
  await expect(page.getByText('Skriv tiden som 21:30.')).toBeVisible();
  await time.fill('20.45');
  await press(page, 'Spara tiden');
  await expect(time).toHaveValue('20:45');
  await press(page, 'Ingen tid');
  await expect(time).toHaveValue('');
});

async function keys(page: Page): Promise<void> {
  await room(page, /^Nycklar/);
  await expect(page.getByRole('button', { name: /^Behöver dig/ })).toBeVisible();
}

async function tab(page: Page, name: RegExp): Promise<void> {
  await keys(page);
  await page.getByRole('button', { name }).click();
  await expect(page.getByRole('button', { name })).toHaveAttribute('aria-pressed', 'true');
}

async function search(page: Page, text: string): Promise<void> {
  await page.getByRole('searchbox', { name: 'Sök nyckel' }).fill(text);
}

async function key(page: Page, tag: string): Promise<void> {
  await keys(page);
  await goTo(page, `#/keys/key/key-${tag}`);
  await expect(page.getByRole('dialog', { name: tag })).toBeVisible();
}

async function fresh(page: Page): Promise<void> {
  await keys(page);
  await page.getByRole('link', { name: 'Ny nyckel' }).click();
  await expect(page.getByLabel('Brickans kod')).toBeVisible();
}

async function count(page: Page): Promise<void> {
  await keys(page);
  await page.getByRole('link', { name: 'Inventera skåp' }).click();
  await press(page, 'Fruängen');
  await expect(page.getByRole('heading', { level: 1, name: 'Inventerar skåp Fruängen' })).toBeVisible();
}

/** Counts what hangs in the cabinet and is not in its list. */
async function another(page: Page, code: string): Promise<void> {
  await page.getByLabel('Hänger något här som inte står i listan?').fill(code);
  await press(page, 'Den hänger här', 'last');
}

/** Counts a key that two say they have. */
async function countDisputed(page: Page): Promise<void> {
  await count(page);
  await another(page, 'V-095');
  await expect(page.getByRole('button', { name: 'Ångra V-095' })).toBeVisible();
}

/** A key that was reported damaged. */
async function damage(page: Page): Promise<void> {
  await key(page, 'V-140');
  await press(page, 'Skadad');
  await press(page, 'Skadad');
  await expect(page.getByRole('dialog', { name: 'V-140' }).getByText('anmälde den skadad')).toBeVisible();
}

async function ledger(page: Page): Promise<void> {
  await keys(page);
  await page.getByRole('link', { name: 'Nyckellogg' }).click();
  await expect(page.getByRole('table')).toBeVisible();
}

/** The log of one key: its table is as long as axe can read in time. */
async function logOf(page: Page): Promise<void> {
  await key(page, 'V-095');
  await page.getByRole('link', { name: 'Visa i nyckelloggen' }).click();
  await expect(page.getByLabel('Nyckel', { exact: true })).toHaveValue('V-095');
  await expect(page.getByText('4 rader')).toBeVisible();
}

async function press(page: Page, name: string, which: 'first' | 'last' = 'first'): Promise<void> {
  await page.getByRole('button', { name, exact: true })[which]().click();
}

/** Lets her work at the office of two units. */
async function twoUnits(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { fake } = window as unknown as { fake: { call: (command: string, args: unknown) => Promise<object>; tell: (event: object) => void } };
    const call = fake.call.bind(fake);
    const units = [{ unit: 'unit-1', name: 'Västertorp' }, { unit: 'unit-2', name: 'Fruängen' }];
    fake.call = async (command, args) => (command === 'key_board' ? { ...(await call(command, args)), units } : call(command, args));
    fake.tell({ event: 'changed' });
  });
}

/** What the key log was asked for, in order. */
function queries(page: Page): Promise<{ unit: string | null; key: string | null; cabinet: string | null }[]> {
  return page.evaluate(() => {
    interface Call { command: string; args: { query: { unit: string | null; key: string | null; cabinet: string | null } } }
    const { fake } = window as unknown as { fake: { calls: Call[] } };
    return fake.calls.filter(({ command }) => command === 'ledger').map(({ args: { query } }) => query);
  });
}

/** What was asked of the device, of one kind, in order. */
function intents(page: Page, kind: string): Promise<unknown[]> {
  return page.evaluate((wanted) => {
    const { fake } = window as unknown as { fake: { calls: { args: { intent?: { do: string } } }[] } };
    return fake.calls.flatMap(({ args: { intent } }) => (intent?.do === wanted ? [intent] : []));
  }, kind);
}
