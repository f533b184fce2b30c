import { expect, test, type Page } from '@playwright/test';

import { check, LOOKS, office, room } from './rooms';
import { listen } from './screens';

/** Every room and panel of the office, by the name of its picture, with the way there. */
const ROOMS: readonly { name: string; open: (page: Page) => Promise<void> }[] = [
  { name: 'now', open: async () => {} },
  { name: 'closer', open: (page) => page.getByRole('button', { name: 'Närmare' }).click() },
  { name: 'sync', open: async (page) => { await page.getByRole('button', { name: /^Direkt/ }).click(); await expect(page.getByRole('dialog')).toBeVisible(); } },
  { name: 'empty-day', open: (page) => page.getByRole('button', { name: 'Dagen före' }).click() },
  { name: 'visit', open: (page) => openCard(page, /inte startat/) },
  { name: 'visit-clash', open: (page) => openCard(page, /påbörjat fast det är flyttat/) },
  { name: 'visit-dispute', open: (page) => openCard(page, /två uppgifter om samma sak/) },
  { name: 'visit-unknown', open: async (page) => { await openCard(page, /Vem besöktes/); await page.getByLabel('Sök brukare').fill('Gun'); await expect(page.getByRole('button', { name: /^Det var Gun/ }).first()).toBeVisible(); } },
  { name: 'visit-edit', open: async (page) => { await openCard(page, /påbörjat fast det är flyttat/); await page.getByRole('button', { name: 'Ändra tid' }).click(); await page.getByLabel('Börjar').fill('99'); await page.getByRole('button', { name: 'Spara' }).click(); await expect(page.getByText('Skriv tiden som 09:30.')).toBeVisible(); } },
  { name: 'late', open: (page) => openCard(page, /inget besked än/) },
  { name: 'incidents', open: async (page) => { await room(page, /Avvikelser/); await page.getByRole('link', { name: /Greta Holm/ }).click(); await expect(page.getByRole('heading', { name: 'Vad hände' })).toBeVisible(); } },
  { name: 'refused', open: async (page) => { await room(page, /Inte mottaget/); await page.getByRole('button', { name: 'Lägg undan' }).click(); await expect(page.getByLabel('Varför? (frivilligt)')).toBeVisible(); } },
  { name: 'settings', open: (page) => room(page, 'Inställningar') },
];

for (const look of LOOKS) {
  for (const { name, open } of ROOMS) {
    test(`${name} in ${look.name} is reachable and readable`, async ({ page }) => {
      const refused = listen(page);
      await office(page, look.query);
      await open(page);
      await page.screenshot({ path: `../../pictures/office/${name}-${look.name}.png` });
      await check(page);
      expect(refused).toEqual([]);
    });
  }
}

test('the rooms are told in English too', async ({ page }) => {
  const refused = listen(page);
  await office(page, '&theme=light&lang=en');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Right now');
  await page.screenshot({ path: '../../pictures/office/now-english.png' });
  await check(page);
  await page.getByRole('button', { name: /begun though moved/ }).click();
  await expect(page.getByRole('dialog').getByRole('heading', { name: 'Two plans for one visit' })).toBeVisible();
  await check(page);
  expect(refused).toEqual([]);
});

for (const { hash, says } of [
  { hash: '#/late', says: 'Late' },
  { hash: '#/incidents', says: 'Incidents' },
  { hash: '#/refused', says: 'Not taken in' },
  { hash: '#/settings', says: 'Signed in as' },
]) {
  test(`the room at ${hash} in English is reachable and readable`, async ({ page }) => {
    const refused = listen(page);
    await office(page, '&theme=light&lang=en');
    await page.evaluate((to) => (location.hash = to), hash);
    await expect(page.getByRole('main').getByText(says).first()).toBeVisible();
    await page.screenshot({ path: `../../pictures/office/${hash.slice(2)}-english.png` });
    await check(page);
    expect(refused).toEqual([]);
  });
}

for (const width of [1024, 1200, 1920]) {
  test(`the board holds together at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    await office(page, '&theme=light');
    await page.screenshot({ path: `../../pictures/office/now-${width}.png` });
    await check(page);
  });
}

test('the arrow keys walk the board, Enter opens a visit, Esc comes back to it', async ({ page }) => {
  await office(page);
  const grid = page.getByRole('grid');
  await grid.getByRole('row', { name: /Anna Karlsson/ }).getByRole('button').first().focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  const block = grid.getByRole('row', { name: /Fatima Omar/ }).getByRole('button').nth(1);
  await expect(block).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(block).toBeFocused();
});

test('a visit is moved, the board shows it, and undo takes it back', async ({ page }) => {
  await office(page);
  const block = page.getByRole('row', { name: /Elin Roos/ }).getByRole('button', { name: /Planerat/ }).last();
  const [name = '', time = ''] = ((await block.getAttribute('aria-label')) ?? '').split(', ');
  await block.click();
  const panel = page.getByRole('dialog', { name });
  await panel.getByRole('button', { name: 'Ändra tid' }).click();
  await panel.getByLabel('Börjar').fill('1315');
  await panel.getByLabel('Minuter').fill('40');
  await panel.getByRole('button', { name: 'Spara' }).click();
  await expect(panel.getByText('13:15–13:55, 40 min')).toBeVisible();
  await expect(panel.getByText('Besöket är flyttat till 13:15')).toBeVisible();
  await expect(panel.getByRole('button', { name: 'Ändra tid' })).toBeFocused();
  await panel.getByRole('button', { name: 'Ångra' }).click();
  await expect(panel.getByText(`${time}, `)).toBeVisible();
});

test('a visit without staff is given to one who works, and leaves the list of what needs a person', async ({ page }) => {
  await office(page);
  const card = page.getByRole('button', { name: /10:00 saknar personal/ });
  await card.click();
  const panel = page.getByRole('dialog');
  await panel.getByRole('button', { name: 'Ändra personal' }).click();
  await panel.getByLabel('Personal', { exact: true }).selectOption({ label: 'Johan Ek' });
  await panel.getByRole('button', { name: 'Spara' }).click();
  await expect(panel.getByText('Johan Ek går på besöket')).toBeVisible();
  await panel.getByRole('button', { name: 'Stäng' }).click();
  await expect(card).toBeHidden();
  await expect(page.getByRole('row', { name: /Johan Ek/ }).getByRole('button', { name: /10:00–10:45/ })).toBeVisible();
});

test('a visit is cancelled only with a reason, and taken up again', async ({ page }) => {
  await office(page);
  await page.getByRole('button', { name: /13:00 saknar personal/ }).click();
  const panel = page.getByRole('dialog');
  await panel.getByRole('button', { name: 'Ställ in besöket' }).click();
  await panel.getByRole('button', { name: 'Ställ in besöket' }).click();
  await expect(panel.getByText('Skriv varför besöket ställs in.')).toBeVisible();
  await panel.getByLabel('Varför ställs det in?').fill('Dottern är där');
  await panel.getByRole('button', { name: 'Ställ in besöket' }).click();
  await expect(panel.getByText('Inställt: Dottern är där').first()).toBeVisible();
  await panel.getByRole('button', { name: 'Återuppta besöket' }).click();
  await expect(panel.getByText('13:00–13:30 · Planerat')).toBeVisible();
});

test('a clash is chosen, a dispute settled, and a stranger matched', async ({ page }) => {
  await office(page);
  const panel = page.getByRole('dialog');
  await openCard(page, /påbörjat fast det är flyttat/);
  await panel.getByRole('button', { name: 'Välj 11:00, 30 min' }).click();
  await expect(panel.getByRole('heading', { name: 'Två planer för samma besök' })).toBeHidden();
  await panel.getByRole('button', { name: 'Stäng' }).click();
  await openCard(page, /två uppgifter om samma sak/);
  await panel.getByRole('button', { name: /^Linnea Sund har rätt/ }).click();
  await expect(panel.getByRole('heading', { name: 'Två uppgifter om samma sak' })).toBeHidden();
  await panel.getByRole('button', { name: 'Stäng' }).click();
  await openCard(page, /Vem besöktes/);
  await panel.getByLabel('Sök brukare').fill('Gun');
  const match = panel.getByRole('button', { name: /^Det var Gun/ }).first();
  await match.click();
  await expect(page.getByRole('dialog', { name: /^Gun/ })).toBeVisible();
});

test('a late notice is read when it is opened, and what came of the call is written', async ({ page }) => {
  await office(page);
  await openCard(page, /inget besked än/);
  await expect(page.getByText('Läst av Eva Ström 09:22')).toBeVisible();
  await page.getByRole('button', { name: 'Fick besked', exact: true }).click();
  await expect(page.getByText(/^Fick besked · Eva Ström/)).toBeVisible();
  await room(page, 'Läget nu');
  await expect(page.getByRole('button', { name: /inget besked än/ })).toBeHidden();
});

test('what arrives while a visit or a notice lies open is read only when it is opened again', async ({ page }) => {
  await office(page);
  await page.getByRole('row', { name: /Elin Roos/ }).getByRole('button', { name: /Klart/ }).first().click();
  await expect(page.getByRole('dialog').getByText('Ville inte ha gröt i dag', { exact: false })).toBeVisible();
  await expect.poll(() => readFacts(page)).toHaveLength(1);
  await arrive(page, 'noteArrives');
  await expect(page.getByRole('dialog').getByText('Hon är yr')).toBeVisible();
  expect(await readFacts(page)).toHaveLength(1);
  await page.keyboard.press('Escape');
  await page.getByRole('row', { name: /Elin Roos/ }).getByRole('button', { name: /Klart/ }).first().click();
  await expect.poll(() => readFacts(page)).toHaveLength(2);
  await page.keyboard.press('Escape');

  await openCard(page, /inget besked än/);
  await expect(page.getByText('Läst av Eva Ström 09:22')).toBeVisible();
  await arrive(page, 'lateArrives');
  await expect(page.getByText('Läst av Eva Ström 09:22')).toBeHidden();
  expect(await readFacts(page)).toHaveLength(3);
  const line = page.getByRole('main').locator('[aria-expanded=true]');
  await line.click();
  await page.getByRole('main').locator('[aria-expanded]').first().click();
  await expect(page.getByText('Läst av Eva Ström 09:22')).toBeVisible();
});

test('an incident is read when it is opened, and what is being written stays', async ({ page }) => {
  await office(page);
  await room(page, /Avvikelser/);
  await page.getByRole('link', { name: /Greta Holm/ }).click();
  await expect(page.getByText('Eva Ström 09:22')).toBeVisible();
  await page.getByLabel('Skriv ett tillägg').fill('Polisen är');
  await page.getByRole('link', { name: /Nils Palm/ }).click();
  await page.getByRole('link', { name: /Greta Holm/ }).click();
  await expect(page.getByLabel('Skriv ett tillägg')).toHaveValue('Polisen är');
  await page.getByLabel('Skriv ett tillägg').fill('Polisen är kontaktad.');
  await page.getByRole('button', { name: 'Lägg till' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: 'Polisen är kontaktad.' })).toBeVisible();
  await expect(page.getByLabel('Skriv ett tillägg')).toHaveValue('');
});

async function openCard(page: Page, name: RegExp): Promise<void> {
  await page.getByRole('region', { name: /Behöver dig/ }).getByRole('button', { name }).first().click();
}

type Fake = {
  calls: { command: string; args: { visit?: string; intent?: { do: string; document: string; facts: string[] } } }[];
  arrive: (at: (office: Record<string, (visit: string, text: string) => void>) => void) => void;
};

/** Lets a carer's fact arrive about the visit that was opened or looked at last. */
async function arrive(page: Page, what: 'noteArrives' | 'lateArrives'): Promise<void> {
  await page.evaluate((which) => {
    const { fake } = window as unknown as { fake: Fake };
    const visit = fake.calls.findLast(({ args }) => args.intent?.do === 'mark_read')?.args.intent?.document ?? '';
    fake.arrive((office) => office[which]?.(visit, 'Hon är yr'));
  }, what);
}

/** All that was said to be read, in order. */
function readFacts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { fake } = window as unknown as { fake: Fake };
    return fake.calls.flatMap(({ args: { intent } }) => (intent?.do === 'mark_read' ? intent.facts : []));
  });
}
