import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from '@playwright/test';

import encode from '../../app-ui/node_modules/qr/index.js';
import config from './playwright.config';
import { goTo, listen, openDay } from './screens';

const WIDTH = 640;
const HEIGHT = 480;
const MODULE_PX = 8;
const WHITE = 235;
const BLACK = 16;
const NO_COLOUR = 128;

/** A film of one picture, as a camera would see a tag: the code in its middle, on white. */
function film(text: string): Buffer {
  const rows = encode(text, 'raw', { border: 4 });
  const left = Math.floor((WIDTH - rows.length * MODULE_PX) / 2);
  const top = Math.floor((HEIGHT - rows.length * MODULE_PX) / 2);
  const luma = Buffer.alloc(WIDTH * HEIGHT, WHITE);
  for (let y = 0; y < rows.length * MODULE_PX; y += 1) {
    for (let x = 0; x < rows.length * MODULE_PX; x += 1) {
      if (rows[Math.floor(y / MODULE_PX)]?.[Math.floor(x / MODULE_PX)]) luma[(top + y) * WIDTH + left + x] = BLACK;
    }
  }
  const frame = [Buffer.from('FRAME\n'), luma, Buffer.alloc((WIDTH * HEIGHT) / 2, NO_COLOUR)];
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`), ...frame, ...frame]);
}

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
