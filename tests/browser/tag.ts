import encode from '../../app-ui/node_modules/qr/index.js';

const WIDTH = 640;
const HEIGHT = 480;
const MODULE_PX = 8;
const WHITE = 235;
const BLACK = 16;
const NO_COLOUR = 128;

/** A film of one picture, as a camera would see a tag: the code in its middle, on white. */
export function film(text: string): Buffer {
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
