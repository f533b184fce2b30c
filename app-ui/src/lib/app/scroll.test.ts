import { expect, test } from 'vitest';

import { wayInto } from './scroll';

const free = { top: 100, bottom: 700 };

test('what is seen whole stays where it is', () => {
  expect(wayInto({ top: 300, bottom: 600 }, free)).toBe(0);
});

test('what lies under the bottom edge is brought over it', () => {
  expect(wayInto({ top: 500, bottom: 800 }, free)).toBe(108);
});

test('what is taller than the room is shown from its top', () => {
  expect(wayInto({ top: 400, bottom: 1200 }, free)).toBe(292);
  expect(wayInto({ top: 90, bottom: 900 }, free)).toBe(0);
});
