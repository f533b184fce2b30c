import { expect, test } from 'vitest';

import { parse, path, Router } from './router.svelte';

test('an address is read back as it was written', () => {
  const parts = ['visit', 'a/b å'];
  expect(parse(path(parts))).toEqual(parts);
});

test('no address is the day, and a strange one has no parts', () => {
  expect(parse('')).toEqual([]);
  expect(parse('#token=abc')).toEqual([]);
});

test('going somewhere changes the screen at once', () => {
  const router = new Router();
  router.go('visit', 'v1');
  expect([router.screen, router.parts[1], location.hash]).toEqual(['visit', 'v1', '#/visit/v1']);
});

test('back from a screen that the app was opened on leads to the one above', () => {
  location.hash = '#/report/d1';
  const router = new Router();
  router.back('report');
  expect(router.parts).toEqual(['report']);
});
