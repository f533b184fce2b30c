import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';

import { SCREENS } from './screens';

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
      const refused: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') refused.push(message.text());
      });
      page.on('pageerror', (error) => refused.push(error.message));
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await open(page, look.query);
      await page.screenshot({ path: `../../pictures/${project.name}/${name}-${look.name}.png` });
      expect(await small(page), 'targets under 48x48 px').toEqual([]);
      expect(await wide(page), 'wider than the screen').toEqual([]);
      // A target that the bottom edge covers for now counts as small for axe; their true sizes are measured above.
      const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).disableRules('target-size').analyze();
      expect(violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) }))).toEqual([]);
      expect(refused).toEqual([]);
    });
  }
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
