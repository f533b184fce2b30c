import encode from 'qr';
import { expect, test } from 'vitest';

import { reader } from './camera.svelte';

const MODULE_PX = 6;

/** A picture of a tag's code. */
function drawn(text: string): ImageData {
  const rows = encode(text, 'raw', { border: 4 });
  const side = rows.length * MODULE_PX;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (let at = 0; at < side * side; at += 1) {
    const isDark = rows[Math.floor(at / side / MODULE_PX)]?.[Math.floor((at % side) / MODULE_PX)] ?? false;
    if (isDark) data.fill(0, at * 4, at * 4 + 3);
  }
  return { data, width: side, height: side, colorSpace: 'srgb' };
}

test('a drawn tag is read, and an empty picture says nothing', async () => {
  const read = await reader();
  expect([read(drawn('V-117')), read(drawn('V-170/2'))]).toEqual(['V-117', 'V-170/2']);
  expect(read({ data: new Uint8ClampedArray(64 * 64 * 4).fill(255), width: 64, height: 64, colorSpace: 'srgb' })).toBeNull();
});
