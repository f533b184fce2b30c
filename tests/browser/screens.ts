import { expect, type Page } from '@playwright/test';

/** Opens the made-up day as the carer sees it. */
export async function openDay(page: Page, query = ''): Promise<void> {
  await page.goto(`./?fake${query}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
}

/** Lets the made-up device fail the next call of a command. */
export async function fail(page: Page, command: string, code: string): Promise<void> {
  await page.evaluate(([name, why]) => (window as unknown as { fake: { fail: (...args: string[]) => void } }).fake.fail(name, why), [command, code] as const);
}

/** Opens a screen by its address, in the app that is already open. */
export async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => (location.hash = to), hash);
}

/** What the page's policy refused and what failed, from now on. */
export function listen(page: Page): string[] {
  const refused: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') refused.push(message.text());
  });
  page.on('pageerror', (error) => refused.push(error.message));
  return refused;
}

/** Every screen and sheet of the handheld, by the name of its picture, with the way there. */
export const SCREENS: readonly { name: string; open: (page: Page, query: string) => Promise<void> }[] = [
  { name: 'day', open: openDay },
  { name: 'enrol', open: async (page, query) => { await page.goto(`./?fake=new${query}`); await expect(page.getByRole('button', { name: /Anslut|Connect/ })).toBeVisible(); } },
  { name: 'shared', open: async (page, query) => { await page.goto(`./?fake=shared${query}`); await expect(page.getByRole('heading', { name: 'Vem är du?' })).toBeVisible(); } },
  { name: 'day-odd', open: async (page, query) => { await page.goto(`./?fake=odd${query}`); await expect(page.getByText('Inte utfört: ingen öppnar')).toBeVisible(); } },
  { name: 'visit-odd', open: async (page, query) => { await page.goto(`./?fake=odd${query}#/visit/visit-3`); await expect(page.getByText('Planen har två svar om tiden')).toBeVisible(); } },
  { name: 'visit-cancelled', open: async (page, query) => { await page.goto(`./?fake=odd${query}#/visit/visit-5`); await expect(page.getByText('Besöket är inställt')).toBeVisible(); } },
  { name: 'day-changes', open: async (page, query) => { await openDay(page, query); await press(page, 'Läs'); } },
  { name: 'day-sync', open: async (page, query) => { await openDay(page, query); await press(page, /inte skickade/); } },
  { name: 'day-closing', open: async (page, query) => { await openDay(page, query); await press(page, 'Avsluta passet'); } },
  { name: 'day-unplanned', open: async (page, query) => { await openDay(page, query); await press(page, 'Oplanerat besök'); await page.getByLabel('Hos vem?').fill('Gun'); } },
  { name: 'day-other-time', open: async (page, query) => { await openDay(page, query); await press(page, 'Kringtid'); } },
  { name: 'visit-before', open: async (page, query) => { await openDay(page, query); await goTo(page, '#/visit/visit-4'); await expect(page.getByRole('button', { name: 'Starta besök' })).toBeVisible(); } },
  { name: 'visit', open: begun },
  { name: 'visit-not-done', open: async (page, query) => { await begun(page, query); await press(page, 'Inte gjord: Bäddning'); } },
  { name: 'visit-end', open: async (page, query) => { await begun(page, query); await press(page, 'Avsluta besök'); } },
  { name: 'visit-item', open: async (page, query) => { await begun(page, query); await page.getByRole('checkbox', { name: /^Dusch/ }).click(); } },
  { name: 'visit-wrong', open: async (page, query) => { await begun(page, query); await press(page, 'Fel besök?'); } },
  { name: 'visit-extra', open: async (page, query) => { await begun(page, query); await press(page, 'Insats'); } },
  { name: 'visit-leave', open: async (page, query) => { await begun(page, query); await goTo(page, '#/visit/visit-6'); await press(page, 'Starta besök'); } },
  { name: 'recipient', open: async (page, query) => { await openDay(page, query); await goTo(page, '#/recipient/recipient-4'); await expect(page.getByRole('heading', { name: 'Om brukaren' })).toBeVisible(); } },
  { name: 'late', open: late },
  { name: 'late-told', open: async (page, query) => { await late(page, query); await press(page, /^Spara .* nya tider|^Spara ny tid/); await ring(page, 'Gun Ahlin'); } },
  { name: 'keys', open: keys },
  { name: 'keys-odd', open: async (page, query) => { await page.goto(`./?fake=odd${query}#/keys`); await expect(page.getByText('Nycklarna ska vara tillbaka nu')).toBeVisible(); } },
  { name: 'keys-taken', open: async (page, query) => { await keys(page, query); await press(page, 'Ta ut 2 nycklar till'); await press(page, 'Fanns inte: V-140'); await expect(page.getByRole('dialog').getByText('V-140 fanns inte', { exact: true })).toBeVisible(); } },
  { name: 'keys-return', open: async (page, query) => { await keys(page, query); await press(page, 'Lämna tillbaka'); await expect(page.getByRole('dialog')).toBeVisible(); } },
  { name: 'keys-give', open: async (page, query) => { await keys(page, query); await press(page, 'Lämna över'); await page.getByRole('dialog').getByRole('button', { name: /^Jonas Berg/ }).click(); await expect(page.getByText('Välj minst en nyckel.')).toBeVisible(); } },
  { name: 'keys-scan', open: scan },
  { name: 'keys-key', open: async (page, query) => { await find(page, query, 'v-131'); await expect(page.getByRole('heading', { name: 'V-131' })).toBeVisible(); } },
  { name: 'keys-alarm', open: async (page, query) => { await find(page, query, 'L-005'); await press(page, 'Ta ut'); await page.getByLabel('Vems larm?').fill('Gun'); await expect(page.getByRole('button', { name: /^Gun Ahlin/ })).toBeVisible(); } },
  { name: 'keys-unknown', open: async (page, query) => { await find(page, query, 'X-999'); await press(page, 'Spara till kontoret'); await expect(page.getByText('Skriv några ord.')).toBeVisible(); } },
  { name: 'visit-no-key', open: async (page, query) => { await openDay(page, query); await goTo(page, '#/visit/visit-6'); await press(page, 'Jag saknar nyckeln'); await expect(page.getByRole('dialog').getByText('Hos Jonas Berg')).toBeVisible(); } },
  { name: 'report', open: async (page, query) => { await openDay(page, query); await goTo(page, '#/report'); await expect(page.getByRole('button', { name: 'Ny avvikelse' })).toBeVisible(); } },
  { name: 'incident', open: incident },
  { name: 'more', open: async (page, query) => { await openDay(page, query); await goTo(page, '#/more'); await expect(page.getByRole('heading', { name: 'Mer' })).toBeVisible(); } },
  { name: 'more-record', open: async (page, query) => { await openDay(page, query); await goTo(page, '#/more/record'); await expect(page.getByText('Appen sparar')).toBeVisible(); } },
  { name: 'more-shift', open: async (page, query) => { await openDay(page, query); await goTo(page, '#/more/shift'); await expect(page.getByText('Arbetstid')).toBeVisible(); } },
];

/** Those that are looked at in fewer sizes: what they are made of is looked at above. */
export const MORE_SCREENS: typeof SCREENS = [
  { name: 'day-first-sync', open: async (page, query) => { await page.goto(`./?fake=first${query}`); await expect(page.getByRole('heading', { name: 'Hämtar' })).toBeInViewport(); } },
  { name: 'day-door-code', open: async (page, query) => { await openDay(page, query); await press(page, 'Portkod'); await expect(page.getByText('1928')).toBeInViewport({ ratio: 1 }); } },
  { name: 'day-days', open: async (page, query) => { await openDay(page, query); await press(page, 'Andra dagar'); } },
  { name: 'day-other', open: async (page, query) => { await openDay(page, query); await goTo(page, '#/day/2026-11-22'); await expect(page.getByRole('button', { name: 'Till i dag' })).toBeVisible(); } },
  { name: 'day-error', open: async (page, query) => { await openDay(page, query); await fail(page, 'act', 'disk_full'); await press(page, 'Starta besök'); await expect(page.getByText('Telefonens minne är fullt')).toBeVisible(); } },
  { name: 'visit-note', open: async (page, query) => { await started(page, query); await press(page, 'Anteckning'); await page.getByRole('dialog').getByRole('textbox').fill('Hon är yr i dag.'); await fail(page, 'act', 'disk_full'); await press(page, 'Spara'); await expect(page.getByRole('dialog').getByText('Telefonens minne är fullt')).toBeVisible(); } },
  { name: 'visit-start-time', open: async (page, query) => { await openDay(page, query); await goTo(page, '#/visit/visit-4'); await press(page, 'Annan starttid'); await press(page, 'Spara'); } },
  { name: 'visit-end-time', open: async (page, query) => { await started(page, query); await press(page, 'Annan sluttid'); } },
  { name: 'visit-not-carried-out', open: async (page, query) => { await openDay(page, query); await goTo(page, '#/visit/visit-4'); await press(page, 'Inte utfört'); await expect(page.getByRole('dialog')).toBeVisible(); } },
  { name: 'keys-copies', open: async (page, query) => { await find(page, query, 'V-170'); await expect(page.getByText('Vilket har du?')).toBeVisible(); } },
  { name: 'keys-retired', open: async (page, query) => { await find(page, query, 'V-099'); await expect(page.getByText('brickan är avslutad')).toBeVisible(); } },
  { name: 'keys-no-copy', open: async (page, query) => { await find(page, query, 'V-170/3'); await expect(page.getByText('V-170 har inget exemplar 3. Det finns 2.')).toBeVisible(); } },
  { name: 'keys-no-tag', open: async (page, query) => { await find(page, query, 'https://example.se'); await expect(page.getByText('Det är ingen nyckelbricka')).toBeVisible(); } },
  { name: 'keys-disputed', open: async (page, query) => { await find(page, query, 'V-095'); await expect(page.getByRole('dialog').getByText('Kontoret reder ut vem')).toBeVisible(); } },
  { name: 'keys-lost', open: async (page, query) => { await find(page, query, 'V-117'); await press(page, 'Tappad'); await press(page, 'Spara'); await expect(page.getByText('Skriv några ord.')).toBeVisible(); } },
  { name: 'keys-alarm-reason', open: async (page, query) => { await find(page, query, 'L-005'); await press(page, 'Ta ut'); await press(page, 'Något annat'); await expect(page.getByText('Larmnycklar är till för larm.')).toBeVisible(); } },
  { name: 'incident-submitted', open: async (page, query) => { await incident(page, query); await press(page, 'Skicka in'); await goTo(page, '#/report/incident-1'); await expect(page.getByText('Lugnade henne, låste dörren, ringde chefen.')).toBeVisible(); } },
  { name: 'incident-discard', open: async (page, query) => { await incident(page, query); await press(page, 'Släng utkastet'); await expect(page.getByRole('dialog')).toBeVisible(); } },
  { name: 'more-add-person', open: async (page, query) => { await openDay(page, query); await goTo(page, '#/more'); await press(page, 'Lägg till en person'); await expect(page.getByLabel('Kod')).toBeVisible(); } },
];

async function press(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole('button', { name, exact: true }).first().click();
}

async function keys(page: Page, query: string): Promise<void> {
  await openDay(page, query);
  await goTo(page, '#/keys');
  await expect(page.getByRole('heading', { name: 'Hos mig nu' })).toBeVisible();
}

/** The sheet for a tag, where the machine has no camera. */
async function scan(page: Page, query: string): Promise<void> {
  await keys(page, query);
  await press(page, 'Skanna bricka eller skriv kod');
  await expect(page.getByText(/skriv koden/i).last()).toBeVisible();
}

async function find(page: Page, query: string, code: string): Promise<void> {
  await scan(page, query);
  await page.getByLabel('Brickans kod').fill(code);
  await press(page, 'Sök nyckeln');
}

async function started(page: Page, query: string): Promise<void> {
  await openDay(page, query);
  await press(page, 'Starta besök');
  await expect(page.getByRole('button', { name: 'Avsluta besök' })).toBeVisible();
}

/** The visit on the picture: begun, one done, one not done, one done by Fatima. */
async function begun(page: Page, query: string): Promise<void> {
  await openDay(page, query);
  await press(page, 'Starta besök');
  await page.getByRole('checkbox', { name: /^Dusch/ }).click();
  await press(page, 'Inte gjord: Medicin');
  await press(page, 'Ville inte');
  await expect(page.getByText('Inte gjord: ville inte')).toBeVisible();
}

async function late(page: Page, query: string): Promise<void> {
  await openDay(page, query);
  await goTo(page, '#/late/visit-5');
  await press(page, '15 min');
  await expect(page.getByText('Abdi Hersi')).toBeVisible();
}

/** Calls from the notice; nothing dials here. */
export async function ring(page: Page, name: string): Promise<void> {
  const link = page.getByRole('link', { name: `Ring ${name}` });
  await link.evaluate((each) => each.addEventListener('click', (event) => event.preventDefault()));
  await link.click();
}

async function incident(page: Page, query: string): Promise<void> {
  await openDay(page, query);
  await goTo(page, '#/report/new/visit-4');
  await press(page, 'Stöld');
  await page.getByLabel('Vad hände?').fill('Smyckeskrinet i hallen var öppet och två ringar saknas. Hon säger att en man ringde på i går.');
  await page.getByLabel('Vad gjorde du?').fill('Lugnade henne, låste dörren, ringde chefen.');
  await press(page, 'Chefen anmäler');
  await expect(page.getByText('Utkast sparat')).toBeVisible();
}
