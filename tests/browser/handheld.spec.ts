import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';

import { MORE_SCREENS, SCREENS, listen } from './screens';

const TOUCH_PX = 48;

const LOOKS = [
  { name: 'light', query: '&theme=light', at: ['small', 'phone'] },
  { name: 'dark', query: '&theme=dark', at: ['phone'] },
  { name: 'large', query: '&theme=light&text=200', at: ['small'] },
];

for (const look of LOOKS) {
  for (const { name, open } of SCREENS) {
    test(`${name} in ${look.name} is reachable, readable and large enough to press`, async ({ page }, { project }) => {
      test.skip(!look.at.includes(project.name), 'looked at in the other size');
      const refused = listen(page);
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await open(page, look.query);
      await page.screenshot({ path: `../../pictures/${project.name}/${name}-${look.name}.png` });
      await check(page);
      expect(refused).toEqual([]);
    });
  }
}

for (const { name, open } of MORE_SCREENS) {
  test(`${name} in light and dark, or large, is reachable, readable and large enough to press`, async ({ page }, { project }) => {
    const refused = listen(page);
    const isPhone = project.name === 'phone';
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'light' });
    await open(page, isPhone ? '' : '&text=200');
    await page.screenshot({ path: `../../pictures/${project.name}/${name}-${isPhone ? 'light' : 'large'}.png` });
    await check(page);
    if (isPhone) {
      await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'dark' });
      await page.screenshot({ path: `../../pictures/${project.name}/${name}-dark.png` });
      expect(await unreadable(page)).toEqual([]);
    }
    expect(refused).toEqual([]);
  });
}

/** Every screen by its address, and some of its sheets by a press. */
const ENGLISH: readonly { name: string; which?: string; hash?: string; press?: string; says: string }[] = [
  { name: 'day', says: 'Start visit' },
  { name: 'day-sync', press: '3 not sent', says: 'On this phone: only here yet.' },
  { name: 'day-odd', which: 'odd', says: 'Not carried out: nobody opens' },
  { name: 'enrol', which: 'new', says: 'Connect the phone' },
  { name: 'shared', which: 'shared', says: 'Who are you?' },
  { name: 'visit-before', hash: '#/visit/visit-4', says: 'Start visit' },
  { name: 'visit', hash: '#/visit/visit-4', press: 'Start visit', says: 'End visit' },
  { name: 'visit-late', hash: '#/visit/visit-5', says: 'Read by Eva Ström' },
  { name: 'recipient', hash: '#/recipient/recipient-4', says: 'About the recipient' },
  { name: 'late', hash: '#/late/visit-5', press: '15 min', says: 'Abdi Hersi' },
  { name: 'keys', hash: '#/keys', says: '3 keys are missing for today’s round' },
  { name: 'keys-odd', which: 'odd', hash: '#/keys', says: 'The keys should be back now' },
  { name: 'keys-taken', hash: '#/keys', press: 'Take 2 more keys', says: 'Tick the keys' },
  { name: 'keys-return', hash: '#/keys', press: 'Put back', says: 'In which cabinet' },
  { name: 'visit-no-key', hash: '#/visit/visit-6', press: 'I lack the key', says: 'Where is the key?' },
  { name: 'report', hash: '#/report', says: 'New incident' },
  { name: 'incident', hash: '#/report/new/visit-4', says: 'What happened?' },
  { name: 'more', hash: '#/more', says: 'People on this phone' },
  { name: 'more-record', hash: '#/more/record', says: 'The app stores' },
  { name: 'more-shift', hash: '#/more/shift', says: 'Working time' },
];

for (const { name, which = '', hash = '', press, says } of ENGLISH) {
  test(`${name} in English is reachable and readable`, async ({ page }, { project }) => {
    test.skip(project.name !== 'phone', 'looked at in the other size');
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.goto(`./?fake=${which}&theme=light&lang=en${hash}`);
    if (press !== undefined) await page.getByRole('button', { name: press, exact: true }).first().click();
    await expect(page.getByText(says).first()).toBeVisible();
    await page.screenshot({ path: `../../pictures/${project.name}/${name}-english.png` });
    await check(page);
  });
}

async function check(page: Page): Promise<void> {
  expect(await small(page), 'targets under 48x48 px').toEqual([]);
  expect(await wide(page), 'wider than the screen').toEqual([]);
  expect(await unreadable(page)).toEqual([]);
}

/** What axe finds. A target that the bottom edge covers for now counts as small for it; true sizes are measured apart. */
async function unreadable(page: Page): Promise<{ id: string; nodes: string[] }[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).disableRules('target-size').analyze();
  return violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) }));
}

/** Targets that are too small to press with certainty. */
async function small(page: Page): Promise<string[]> {
  return page.evaluate((least) => {
    const scope = document.querySelector('dialog[open]') ?? document;
    return [...scope.querySelectorAll('button, a[href], input, select, textarea, summary')].flatMap((target) => {
      const { width, height } = target.getBoundingClientRect();
      const isHidden = width === 0 && height === 0;
      const isSmall = width < least - 0.5 || height < least - 0.5;
      return !isHidden && isSmall ? [`${target.textContent?.trim()} ${Math.round(width)}x${Math.round(height)}`] : [];
    });
  }, TOUCH_PX);
}

/** What sticks out to the side. */
async function wide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    return [...document.querySelectorAll('body *')].flatMap((element) => {
      const { right, left, width: own } = element.getBoundingClientRect();
      const sticksOut = own > 0 && (right > width + 1 || left < -1);
      return sticksOut ? [`${element.tagName} ${element.textContent?.trim().slice(0, 40)} ${Math.round(right)}`] : [];
    });
  });
}
