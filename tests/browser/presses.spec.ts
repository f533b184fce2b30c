import { expect, test, type Page } from '@playwright/test';

import { goTo, openDay } from './screens';

/** Counts the presses of a finger, not of the test. */
class Finger {
  presses = 0;
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  async press(name: string | RegExp): Promise<void> {
    await this.#page.getByRole('button', { name, exact: true }).first().tap();
    this.presses += 1;
  }

  async pressLink(name: string | RegExp): Promise<void> {
    await this.#page.getByRole('link', { name }).first().tap();
    this.presses += 1;
  }
}

async function begin(page: Page): Promise<void> {
  await openDay(page);
  await page.getByRole('button', { name: 'Starta besök' }).tap();
  await expect(page.getByRole('button', { name: 'Avsluta besök' })).toBeVisible();
}

type Story = { what: string; most: number; before: (page: Page) => Promise<void>; act: (finger: Finger, page: Page) => Promise<void>; seen: (page: Page) => Promise<void> };

const stories: readonly Story[] = [
  {
    what: 'start a visit', most: 1, before: (page) => openDay(page),
    act: (finger) => finger.press('Starta besök'),
    seen: (page) => expect(page.getByText('Startat 08:5')).toBeVisible(),
  },
  {
    what: 'all done, and end', most: 2,
    before: async (page) => {
      await begin(page);
      await page.getByRole('checkbox', { name: /^Medicin/ }).tap();
    },
    act: async (finger) => {
      await finger.press('Allt gjort');
      await finger.press('Avsluta besök');
    },
    seen: (page) => expect(page.getByText('4 av 12 besök')).toBeVisible(),
  },
  {
    what: 'one intervention not done', most: 2, before: begin,
    act: async (finger) => {
      await finger.press('Inte gjord: Bäddning');
      await finger.press('Ville inte');
    },
    seen: (page) => expect(page.getByText('Inte gjord: ville inte')).toBeVisible(),
  },
  {
    what: 'a visit not carried out', most: 3, before: (page) => openDay(page),
    act: async (finger) => {
      await finger.pressLink(/^Maj-Britt Sandell/);
      await finger.press('Inte utfört');
      await finger.press('Ingen öppnar');
    },
    seen: (page) => expect(page.getByText('Ingen öppnar')).toBeVisible(),
  },
  {
    what: 'wrong visit', most: 3, before: begin,
    act: async (finger) => {
      await finger.press('Fel besök?');
      await finger.press(/^Gun Ahlin/);
    },
    seen: (page) => expect(page.getByRole('heading', { name: 'Gun Ahlin' })).toBeVisible(),
  },
  {
    what: 'a forgotten end', most: 2,
    before: async (page) => {
      await begin(page);
      await goTo(page, '#/visit/visit-6');
      await expect(page.getByRole('heading', { name: 'Gun Ahlin' })).toBeVisible();
    },
    act: async (finger) => {
      await finger.press('Starta besök');
      await finger.press(/^Nu, /);
    },
    seen: (page) => expect(page.getByRole('button', { name: 'Avsluta besök' })).toBeVisible(),
  },
  {
    what: 'a late notice', most: 3, before: (page) => openDay(page),
    act: async (finger) => {
      await finger.press('Sen');
      await finger.press('15 min');
      await finger.press(/^Spara/);
    },
    seen: (page) => expect(page.getByText('De nya tiderna är sparade')).toBeVisible(),
  },
  {
    what: 'all keys for the round', most: 2, before: (page) => openDay(page),
    act: async (finger) => {
      await finger.pressLink(/^Nycklar/);
      await finger.press('Ta ut 2 nycklar till');
    },
    seen: (page) => expect(page.getByRole('dialog', { name: '2 nycklar är uttagna' })).toBeVisible(),
  },
  {
    what: 'a key that was not there', most: 3, before: (page) => openDay(page),
    act: async (finger) => {
      await finger.pressLink(/^Nycklar/);
      await finger.press('Ta ut 2 nycklar till');
      await finger.press('Fanns inte: V-140');
    },
    seen: (page) => expect(page.getByRole('dialog').getByText('V-140 fanns inte', { exact: true })).toBeVisible(),
  },
  {
    what: 'all keys put back', most: 3, before: (page) => openDay(page),
    act: async (finger) => {
      await finger.pressLink(/^Nycklar/);
      await finger.press('Lämna tillbaka');
      await finger.press(/^Skåp Västertorp/);
    },
    seen: (page) => expect(page.getByText('4 nycklar är lämnade i skåpet Västertorp')).toBeVisible(),
  },
  {
    what: 'a hand-over confirmed', most: 2, before: (page) => openDay(page),
    act: async (finger) => {
      await finger.pressLink(/^Nycklar/);
      await finger.press('Jag har fått V-160');
    },
    seen: (page) => expect(page.getByText('V-160 är hos dig')).toBeVisible(),
  },
];

for (const { what, most, before, act, seen } of stories) {
  test(`${what} takes at most ${most}`, async ({ page }) => {
    await before(page);
    const finger = new Finger(page);
    await act(finger, page);
    await seen(page);
    console.log(`presses: ${what}: ${finger.presses} (at most ${most})`);
    expect(finger.presses).toBeLessThanOrEqual(most);
  });
}
