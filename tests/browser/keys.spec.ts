import { expect, test, type Page } from '@playwright/test';

import { fail, goTo, listen, openDay } from './screens';

async function openKeys(page: Page, query = ''): Promise<void> {
  await openDay(page, query);
  await goTo(page, '#/keys');
  await expect(page.getByRole('heading', { name: 'Hos mig nu' })).toBeVisible();
}

async function find(page: Page, code: string): Promise<void> {
  await page.getByRole('button', { name: 'Skanna bricka eller skriv kod' }).tap();
  await page.getByLabel('Brickans kod').fill(code);
  await page.keyboard.press('Enter');
}

const sheet = (page: Page) => page.getByRole('dialog');

test('the keys that were taken are checked off by hand, and one that was not there is taken back by undo', async ({ page }) => {
  await openKeys(page);
  await page.getByRole('button', { name: 'Ta ut 2 nycklar till' }).tap();
  await sheet(page).getByRole('checkbox', { name: /^V-142/ }).tap();
  await expect(sheet(page).getByRole('checkbox', { name: /^V-142/ })).toBeChecked();
  await sheet(page).getByRole('button', { name: 'Fanns inte: V-140' }).tap();
  await expect(sheet(page).getByRole('button', { name: 'Fanns inte: V-140' })).toBeHidden();
  await expect(sheet(page).getByRole('listitem').filter({ hasText: 'V-140' })).toContainText('Fanns inte');
  await sheet(page).getByRole('button', { name: 'Ångra' }).tap();
  await expect(sheet(page).getByRole('checkbox', { name: /^V-140/ })).toBeVisible();
  await sheet(page).getByRole('button', { name: 'Klart' }).tap();
  await expect(page.getByText('1 nyckel saknas för dagens runda')).toBeVisible();
});

test('a key that was taken and that a colleague says she has is told as such, not as gone', async ({ page }) => {
  await openKeys(page);
  await page.getByRole('button', { name: 'Ta ut 2 nycklar till' }).tap();
  await expect(sheet(page).getByRole('checkbox')).toHaveCount(2);
  await page.evaluate(() => {
    interface Mine { line: { tag: string } }
    interface Fake { call: (command: string, args: unknown) => Promise<{ mine: Mine[] }>; tell: (event: object) => void }
    const { fake } = window as unknown as { fake: Fake };
    const call = fake.call.bind(fake);
    const isDisputed = ({ line }: Mine) => line.tag === 'V-142';
    fake.call = async (command, args) => {
      const answer = await call(command, args);
      if (command !== 'keys') return answer;
      return { ...answer, mine: answer.mine.filter((key) => !isDisputed(key)), disputed: answer.mine.filter(isDisputed).map(({ line }) => line) };
    };
    fake.tell({ event: 'changed' });
  });
  const taken = sheet(page).getByRole('listitem');
  await expect(taken.filter({ hasText: 'V-142' })).toContainText('Två uppgifter');
  await expect(taken.filter({ hasText: 'V-140' }).getByRole('checkbox')).toBeVisible();
});

test('when all that was taken is taken back, there is nothing to tick', async ({ page }) => {
  await openKeys(page);
  await page.getByRole('button', { name: 'Ta ut 2 nycklar till' }).tap();
  await sheet(page).getByRole('button', { name: 'Ångra' }).tap();
  await expect(sheet(page)).toBeHidden();
  await expect(page.getByText('3 nycklar saknas för dagens runda')).toBeVisible();
});

test('the last press is taken back for ten minutes, also from another screen and back', async ({ page }) => {
  await page.clock.install();
  await openKeys(page);
  await page.getByRole('button', { name: 'Ta ut 2 nycklar till' }).tap();
  await sheet(page).getByRole('button', { name: 'Klart' }).tap();
  await page.getByRole('link', { name: 'Dagen' }).tap();
  await page.clock.runFor(9 * 60_000);
  await page.getByRole('link', { name: /^Nycklar/ }).tap();
  await expect(page.getByText('2 nycklar är uttagna 08:58')).toBeVisible();
  await page.getByRole('button', { name: 'Ångra' }).tap();
  await expect(page.getByText('3 nycklar saknas för dagens runda')).toBeVisible();
  await page.getByRole('button', { name: 'Ta ut 2 nycklar till' }).tap();
  await sheet(page).getByRole('button', { name: 'Klart' }).tap();
  await page.clock.runFor(11 * 60_000);
  await expect(page.getByRole('button', { name: 'Ångra' })).toBeHidden();
});

test('all that she has is put back in one press, but for a key that two say they have', async ({ page }) => {
  await openKeys(page);
  await page.getByRole('button', { name: 'Lämna tillbaka', exact: true }).tap();
  await expect(sheet(page).getByRole('checkbox')).toHaveCount(4);
  await expect(sheet(page).getByText('V-095')).toBeHidden();
  await sheet(page).getByRole('checkbox', { name: /^V-117/ }).tap();
  await sheet(page).getByRole('button', { name: /^Skåp Västertorp/ }).tap();
  await expect(page.getByText('3 nycklar är lämnade i skåpet Västertorp')).toBeVisible();
  await expect(page.getByText('Övertagen från')).toBeHidden();
  await expect(page.getByText('Kontoret reder ut')).toBeVisible();
});

test('a key is handed to a colleague who is searched for, and waits for her answer', async ({ page }) => {
  await openKeys(page);
  await page.getByRole('button', { name: 'Lämna över' }).tap();
  await sheet(page).getByRole('checkbox', { name: /^V-108/ }).tap();
  await sheet(page).getByLabel('Sök en kollega').fill('omar');
  await sheet(page).getByRole('button', { name: /^Omar Haddad/ }).tap();
  await expect(page.getByText('Omar Haddad har inte bekräftat')).toBeVisible();
});

test('an alarm key is taken for an alarm, and its call-out stands with it', async ({ page }) => {
  await openKeys(page);
  await find(page, 'l-005');
  await sheet(page).getByRole('button', { name: 'Ta ut' }).tap();
  await sheet(page).getByRole('button', { name: 'Ta ut nyckeln' }).tap();
  await expect(sheet(page).getByText('Skriv vems larm det är.')).toBeVisible();
  await sheet(page).getByLabel('Vems larm?').fill('gun');
  await sheet(page).getByRole('button', { name: /^Gun Ahlin/ }).tap();
  await sheet(page).getByRole('button', { name: 'Ta ut nyckeln' }).tap();
  await expect(page.getByText('Larmutryckning 08:5')).toBeVisible();
});

test('for another reason an alarm key is taken with words, and she is told that they are seen', async ({ page }) => {
  await openKeys(page);
  await find(page, 'L-005');
  await sheet(page).getByRole('button', { name: 'Ta ut' }).tap();
  await expect(sheet(page).getByLabel('Vems larm?')).not.toHaveAccessibleDescription(/Alla i enheten/);
  await sheet(page).getByRole('button', { name: 'Något annat' }).tap();
  await expect(sheet(page).getByText('Kontoret ser att den togs ut av ett annat skäl')).toBeVisible();
  await expect(sheet(page).getByLabel('Varför?')).toHaveAccessibleDescription('Alla i enheten kan läsa det. Skriv inte namn eller adress.');
  await sheet(page).getByRole('button', { name: 'Ta ut nyckeln' }).tap();
  await expect(sheet(page).getByText('Skriv varför du tar ut den.')).toBeVisible();
  await sheet(page).getByLabel('Varför?').fill('Låsbyte i trapphuset');
  await sheet(page).getByRole('button', { name: 'Ta ut nyckeln' }).tap();
  await expect(page.getByText('1 nyckel är uttagen')).toBeVisible();
});

test('a tag that the unit does not know is noted, and what could not be saved stays', async ({ page }) => {
  await openKeys(page);
  await find(page, 'x-999');
  await sheet(page).getByLabel('Vad gjorde du med nyckeln?').fill('Lade den i kuvertet till kontoret.');
  await fail(page, 'act', 'disk_full');
  await sheet(page).getByRole('button', { name: 'Spara till kontoret' }).tap();
  await expect(sheet(page).getByText('Telefonens minne är fullt')).toBeVisible();
  await expect(sheet(page).getByLabel('Vad gjorde du med nyckeln?')).toHaveValue('Lade den i kuvertet till kontoret.');
  await sheet(page).getByRole('button', { name: 'Stäng' }).last().tap();
  await sheet(page).getByRole('button', { name: 'Spara till kontoret' }).tap();
  await expect(page.getByText('Sparat på ditt arbetskort')).toBeVisible();
});

test('a key from a colleague is received by its code, and who it was is asked with the likeliest first', async ({ page }) => {
  await openKeys(page);
  await find(page, 'V-131');
  await sheet(page).getByRole('button', { name: 'Ta emot' }).tap();
  const asked = page.getByRole('dialog', { name: 'Av vem fick du V-131?' });
  await expect(asked.getByRole('listitem')).toHaveText([/^Jonas Berg\s*Enligt appen$/, /^Fatima Nordin/]);
  await asked.getByRole('button', { name: /^Jonas Berg/ }).tap();
  await expect(page.getByText('Jonas Berg har inte bekräftat')).toBeVisible();
});

test('who gave a key that its receiver confirmed first confirms it by one press', async ({ page }) => {
  await openKeys(page, '=odd');
  const asked = page.getByRole('listitem').filter({ hasText: 'V-184' });
  await expect(asked).toContainText('Jonas Berg säger att du lämnade över den 08:52');
  await expect(asked.getByRole('link', { name: 'Ring Jonas Berg' })).toHaveAttribute('href', 'tel:0701740631');
  await asked.getByRole('button', { name: 'Jag lämnade över den' }).tap();
  await expect(page.getByText('1 nyckel är lämnad till Jonas Berg', { exact: true })).toBeVisible();
  await expect(asked).toBeHidden();
  await find(page, 'V-184');
  await expect(sheet(page).getByText('Hos Jonas Berg sedan')).toBeVisible();
});

test('who has the key still that a colleague says she was handed puts it back', async ({ page }) => {
  await openKeys(page, '=odd');
  await page.getByRole('button', { name: 'Lämna tillbaka', exact: true }).last().tap();
  await expect(sheet(page).getByText('V-183')).toBeVisible();
  await expect(sheet(page).getByText('V-184')).toBeHidden();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^V-184/ }).tap();
  await expect(sheet(page).getByRole('button')).toHaveText(['Stäng', 'Lämna tillbaka', 'Tappad', 'Skadad', 'Ta tillbaka det jag sa sist', 'Jag lämnade över den']);
  await sheet(page).getByRole('button', { name: 'Lämna tillbaka' }).tap();
  await sheet(page).getByRole('button', { name: /^Skåp Västertorp/ }).tap();
  await expect(page.getByText('1 nyckel är lämnad i skåpet Västertorp')).toBeVisible();
  await expect(page.getByText('säger att du lämnade över den')).toBeHidden();
});

test('a key that changes while it is looked at is told as it is now, and what she said of it then is taken back', async ({ page }) => {
  await openKeys(page);
  await page.getByRole('button', { name: /^V-117/ }).tap();
  await sheet(page).getByRole('button', { name: 'Lämna tillbaka' }).tap();
  await sheet(page).getByRole('button', { name: /^Skåp Fruängen/ }).tap();
  await find(page, 'V-117');
  await expect(sheet(page).getByText('I skåpet Fruängen sedan')).toBeVisible();
  await sheet(page).getByRole('button', { name: 'Ångra' }).tap();
  await expect(sheet(page).getByText('Hos dig sedan 06:58')).toBeVisible();
  await sheet(page).getByRole('button', { name: 'Ta tillbaka det jag sa sist' }).tap();
  await expect(sheet(page)).toBeHidden();
  const withdrawn = await page.evaluate(() => {
    const { fake } = window as unknown as { fake: { calls: { args: { intent?: { do: string } } }[] } };
    return fake.calls.map(({ args: { intent } }) => intent).find((intent) => intent?.do === 'withdraw');
  });
  expect(withdrawn).toEqual({ do: 'withdraw', document: 'key-V-117', facts: ['f-117'] });
});

test('a number that no copy has is told with the copies that there are, to choose or to note', async ({ page }) => {
  await openKeys(page);
  await find(page, 'v-170/3');
  await expect(sheet(page).getByText('V-170 har inget exemplar 3. Det finns 2.')).toBeVisible();
  await sheet(page).getByLabel('Vad gjorde du med nyckeln?').fill('Lade den i kuvertet till kontoret.');
  await sheet(page).getByRole('button', { name: 'Spara till kontoret' }).tap();
  await expect(page.getByText('Sparat på ditt arbetskort')).toBeVisible();
  const noted = await page.evaluate(() => (window as unknown as { fake: { world: { keys: { noted: object[] } } } }).fake.world.keys.noted);
  expect(noted).toEqual([{ tag: 'V-170/3', text: 'Lade den i kuvertet till kontoret.' }]);
  await find(page, 'V-170/3');
  await sheet(page).getByRole('button', { name: /^V-170\/2/ }).tap();
  await expect(page.getByRole('dialog', { name: 'V-170/2' })).toBeVisible();
});

test('who has given a key is to call who it was given to, not herself', async ({ page }) => {
  await openKeys(page);
  await find(page, 'V-150');
  await expect(sheet(page).getByRole('link', { name: 'Ring Fatima Nordin' })).toHaveAttribute('href', 'tel:0701740631');
  await expect(sheet(page).getByRole('link', { name: /Lena/ })).toBeHidden();
});

test('a disputed key can still be lost or broken, and neither is pressed first', async ({ page }) => {
  await openKeys(page);
  await find(page, 'V-095');
  await expect(sheet(page).getByRole('link', { name: 'Ring Jonas Berg' })).toBeVisible();
  await expect(sheet(page).getByRole('button')).toHaveText(['Stäng', 'Tappad', 'Skadad', 'Ta tillbaka det jag sa', 'Klart']);
  await sheet(page).getByRole('button', { name: 'Tappad' }).tap();
  await expect(sheet(page).getByLabel('Var såg du den senast?')).toHaveAccessibleDescription('Alla i enheten kan läsa det. Skriv inte namn eller adress.');
  await sheet(page).getByLabel('Var såg du den senast?').fill('På bussen.');
  await sheet(page).getByRole('button', { name: 'Spara' }).tap();
  await expect(page.getByText('Noterat att V-095 är tappad. Kontoret ser det.')).toBeVisible();
  await expect(page.getByText('Kontoret reder ut')).toBeVisible();
});

test('a lost key is told with where it was seen, and what she said is taken back from the key', async ({ page }) => {
  await openKeys(page);
  await page.getByRole('button', { name: /^V-117/ }).tap();
  await sheet(page).getByRole('button', { name: 'Tappad' }).tap();
  await sheet(page).getByLabel('Var såg du den senast?').fill('I trapphuset.');
  await sheet(page).getByRole('button', { name: 'Spara' }).tap();
  await expect(page.getByText('V-117 tappad')).toBeVisible();
  await page.getByRole('button', { name: /^V-122/ }).tap();
  await sheet(page).getByRole('button', { name: 'Ta tillbaka det jag sa sist' }).tap();
  await expect(page.getByText(/V-122.* i skåpet Västertorp/)).toBeVisible();
});

test('a shift that would end with keys asks for them, then for why', async ({ page }) => {
  await openDay(page);
  await page.getByRole('button', { name: 'Avsluta passet' }).tap();
  const closing = page.getByRole('dialog', { name: 'Innan du slutar' });
  await closing.getByRole('button', { name: 'Avsluta passet ändå' }).tap();
  await expect(closing.getByText('Lämna tillbaka nycklarna, eller skriv varför du behåller dem.')).toBeVisible();
  await closing.getByRole('button', { name: 'Lämna tillbaka' }).tap();
  await page.getByRole('dialog', { name: 'Lämna tillbaka' }).getByRole('button', { name: /^Skåp Västertorp/ }).tap();
  await expect(closing.getByText('V-095 lämnas inte tillbaka här: kontoret reder ut vem som har nyckeln.')).toBeVisible();
  await expect(closing.getByRole('button', { name: 'Lämna tillbaka' })).toBeHidden();
  await closing.getByRole('button', { name: 'Avsluta passet ändå' }).tap();
  await expect(closing.getByText('Skriv varför du behåller nycklarna.')).toBeVisible();
  await closing.getByLabel('Varför behåller du nycklarna?').fill('Jonas har den nog.');
  await closing.getByRole('button', { name: 'Avsluta passet ändå' }).tap();
  await expect(page.getByText('Passet är avslutat')).toBeVisible();
});

test('a shift ends unasked when no key is kept, and none that two say they have', async ({ page }) => {
  await openKeys(page);
  await page.getByRole('button', { name: 'Lämna tillbaka', exact: true }).tap();
  await sheet(page).getByRole('button', { name: /^Skåp Västertorp/ }).tap();
  await page.getByRole('button', { name: /^V-095/ }).tap();
  await sheet(page).getByRole('button', { name: 'Ta tillbaka det jag sa' }).tap();
  await page.getByRole('link', { name: 'Dagen' }).tap();
  await page.getByRole('button', { name: 'Avsluta passet' }).tap();
  const closing = page.getByRole('dialog', { name: 'Innan du slutar' });
  await expect(closing.getByText('Nycklar hos dig')).toBeHidden();
  await closing.getByRole('button', { name: 'Avsluta passet ändå' }).tap();
  await expect(page.getByText('Passet är avslutat')).toBeVisible();
});

test('who has the key of a visit is told there, with a call and a late notice for the key', async ({ page }) => {
  await openDay(page);
  await goTo(page, '#/visit/visit-6');
  await expect(page.getByText('Ring på först.')).toBeVisible();
  await page.getByRole('button', { name: 'Jag saknar nyckeln' }).tap();
  await expect(sheet(page).getByText('Hos Jonas Berg sedan 07:10')).toBeVisible();
  await expect(sheet(page).getByRole('link', { name: 'Ring Jonas Berg' })).toHaveAttribute('href', 'tel:0701740631');
  await sheet(page).getByRole('button', { name: 'Meddela att jag blir sen' }).tap();
  await expect(page.getByRole('button', { name: 'Nyckel', pressed: true })).toBeVisible();
});

test('where the keys of a visit cannot be read, why is told, and they are read again', async ({ page }) => {
  await openDay(page);
  await goTo(page, '#/visit/visit-6');
  await fail(page, 'find_tag', 'key_missing');
  await page.getByRole('button', { name: 'Jag saknar nyckeln' }).tap();
  await expect(sheet(page).getByText('Nyckeln till telefonens uppgifter saknas eller passar inte.', { exact: false })).toBeVisible();
  await expect(sheet(page).getByText('Det finns ingen nyckel till det här hemmet')).toBeHidden();
  await sheet(page).getByRole('button', { name: 'Försök igen' }).tap();
  await expect(sheet(page).getByText('Hos Jonas Berg sedan 07:10')).toBeVisible();
});

test('a visit without a key is told to have none', async ({ page }) => {
  await openDay(page);
  await page.evaluate(() => {
    const { fake } = window as unknown as { fake: { call: (command: string, args: unknown) => Promise<object> } };
    const call = fake.call.bind(fake);
    fake.call = async (command, args) => (command === 'find_tag' ? { is: 'unknown', tag: 'V-131' } : call(command, args));
  });
  await goTo(page, '#/visit/visit-6');
  await page.getByRole('button', { name: 'Jag saknar nyckeln' }).tap();
  await expect(sheet(page).getByText('Det finns ingen nyckel till det här hemmet på telefonen. Ring kontoret.')).toBeVisible();
});

test('of a key of the visit that two say they have, each statement is told, with a call to the other', async ({ page }) => {
  await openKeys(page);
  await find(page, 'V-131');
  await sheet(page).getByRole('button', { name: 'Ta emot' }).tap();
  await sheet(page).getByRole('button', { name: /^Fatima Nordin/ }).tap();
  await expect(sheet(page)).toBeHidden();
  await goTo(page, '#/visit/visit-6');
  await page.getByRole('button', { name: 'Jag saknar nyckeln' }).tap();
  await expect(sheet(page).getByText(/^Du tog emot den 0/)).toBeVisible();
  await expect(sheet(page).getByText('Jonas Berg tog ut den 07:10')).toBeVisible();
  await expect(sheet(page).getByRole('link')).toHaveText(['Ring Jonas Berg']);
});

test('she may lack the key also when the visit has begun, until something is done there', async ({ page }) => {
  await openDay(page);
  await goTo(page, '#/visit/visit-6');
  await page.getByRole('button', { name: 'Starta besök' }).tap();
  await expect(page.getByText('Ring på först.')).toBeVisible();
  await page.getByRole('button', { name: 'Jag saknar nyckeln' }).tap();
  await expect(sheet(page).getByText('Hos Jonas Berg sedan 07:10')).toBeVisible();
  await sheet(page).getByRole('button', { name: 'Meddela att jag blir sen' }).tap();
  await page.getByRole('button', { name: '30 min' }).tap();
  await page.getByRole('button', { name: 'Spara ny tid' }).tap();
  await expect(page.getByRole('link', { name: 'Ring Gun Ahlin' })).toBeVisible();
  await goTo(page, '#/visit/visit-6');
  await page.getByRole('checkbox', { name: /^Frukost/ }).tap();
  await expect(page.getByText('Ring på först.')).toBeHidden();
  await expect(page.getByRole('button', { name: 'Jag saknar nyckeln' })).toBeHidden();
});

test('two statements in the same words are both told', async ({ page }) => {
  const refused = listen(page);
  await openKeys(page);
  await page.evaluate(() => {
    interface Found { lines?: { sides: unknown[] }[] }
    const { fake } = window as unknown as { fake: { call: (command: string, args: unknown) => Promise<Found> } };
    const call = fake.call.bind(fake);
    fake.call = async (command, args) => {
      const answer = await call(command, args);
      if (command !== 'find_tag') return answer;
      return { ...answer, lines: (answer.lines ?? []).map((line) => ({ ...line, sides: [...line.sides, ...line.sides] })) };
    };
  });
  await find(page, 'V-095');
  await expect(sheet(page).getByText('Jonas Berg tog ut den 06:59')).toHaveCount(2);
  expect(refused).toEqual([]);
});

test('a reminder that is due is told on the day, and to the phone once', async ({ page }) => {
  await page.addInitScript(() => {
    const told: string[] = [];
    class Told { static permission = 'granted'; constructor(title: string, { body }: { body: string }) { told.push(`${title}: ${body}`); } }
    Object.assign(window, { Notification: Told, told });
  });
  await page.goto('./?fake=odd');
  await expect(page.getByText('Nycklarna ska vara tillbaka nu')).toBeVisible();
  const told = () => page.evaluate(() => (window as unknown as { told: string[] }).told);
  expect(await told()).toHaveLength(1);
  await page.getByRole('link', { name: /^Nycklar/ }).tap();
  await page.getByRole('button', { name: 'Jag har fått V-160' }).tap();
  await expect(page.getByText('V-160 är hos dig')).toBeVisible();
  expect(await told()).toHaveLength(1);
});

test('a reminder of a key that the office sorts out leads to no cabinet', async ({ page }) => {
  await page.clock.install();
  await openKeys(page);
  await page.getByRole('button', { name: 'Lämna tillbaka', exact: true }).tap();
  await sheet(page).getByRole('checkbox', { name: /^L-004/ }).tap();
  await sheet(page).getByRole('button', { name: /^Skåp Västertorp/ }).tap();
  await page.clock.fastForward('07:05:00');
  await expect(page.getByText('Du har 2 nycklar: V-095, L-004')).toBeVisible();
  await page.getByRole('button', { name: 'Lämna tillbaka', exact: true }).first().tap();
  await sheet(page).getByRole('button', { name: /^Skåp Västertorp/ }).tap();
  await expect(page.getByText('Du har 1 nyckel: V-095')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Lämna tillbaka', exact: true })).toBeHidden();
});

test('a reminder says that the shift is over, and chooses the keys that are due', async ({ page }) => {
  await page.clock.install();
  await openKeys(page);
  await page.evaluate(() => {
    const { fake } = window as unknown as { fake: { call: (command: string, args: unknown) => Promise<{ reminder: object }> } };
    const call = fake.call.bind(fake);
    fake.call = async (command, args) => {
      const answer = await call(command, args);
      return command === 'keys' ? { ...answer, reminder: { ...answer.reminder, tags: ['V-117'] } } : answer;
    };
  });
  await page.clock.fastForward('07:05:00');
  await expect(page.getByText('Passet är slut', { exact: true })).toBeVisible();
  await expect(page.getByText('Du har 1 nyckel: V-117')).toBeVisible();
  await page.getByRole('button', { name: 'Lämna tillbaka', exact: true }).first().tap();
  await expect(sheet(page).getByRole('checkbox')).toHaveCount(4);
  await expect(sheet(page).getByRole('checkbox', { checked: true })).toHaveCount(1);
  await expect(sheet(page).getByRole('checkbox', { name: /^V-117/ })).toBeChecked();
});
