import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from '@playwright/test';

import config from './playwright.config';
import { goTo, listen, openDay } from './screens';
import { film } from './tag';

const FILM = join(tmpdir(), 'rundan-tag.y4m');
writeFileSync(FILM, film('V-140'));

const { launchOptions } = config.use ?? {};
test.use({
  permissions: ['camera'],
  launchOptions: {
    ...launchOptions,
    args: [...(launchOptions?.args ?? []), '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${FILM}`],
  },
});

test('a tag before the camera is read, its key taken, and the camera let go', async ({ page }) => {
  const refused = listen(page);
  await page.addInitScript(() => {
    const tracks: MediaStreamTrack[] = [];
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (asked) => {
      const stream = await open(asked);
      tracks.push(...stream.getTracks());
      return stream;
    };
    Object.assign(window, { tracks });
  });
  const states = () => page.evaluate(() => (window as unknown as { tracks: MediaStreamTrack[] }).tracks.map(({ readyState }) => readyState));
  await openDay(page);
  await goTo(page, '#/keys');
  await page.getByRole('button', { name: 'Skanna bricka eller skriv kod' }).tap();
  const sheet = page.getByRole('dialog', { name: 'V-140' });
  await expect(sheet.getByText('I skåpet Fruängen')).toBeVisible();
  expect(await states()).toEqual(['ended']);
  await sheet.getByRole('button', { name: 'Ta ut' }).tap();
  await expect(page.getByText('1 nyckel är uttagen')).toBeVisible();
  expect(refused).toEqual([]);
});
