import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** How the rooms of the office are looked at. */
export const LOOKS = [
  { name: 'light', query: '&theme=light' },
  { name: 'dark', query: '&theme=dark' },
  { name: 'large', query: '&theme=light&text=200' },
] as const;

/** Opens the made-up unit as its office sees it. */
export async function office(page: Page, query = ''): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto(`./?fake=office${query}`);
  await expect(page.getByRole('grid')).toBeVisible();
}

/** Goes to a room by the office's navigation. */
export async function room(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
}

/** No violation that axe finds, and nothing wider than the window. */
export async function check(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  expect(violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) }))).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
}
