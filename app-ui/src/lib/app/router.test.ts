import { expect, test, vi } from 'vitest';

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

test('a screen that is given another address stays, and is found under it when the app is opened anew', () => {
  const router = new Router();
  router.go('report', 'new');
  router.readdress('report', 'd1');
  expect(router.parts).toEqual(['report', 'new']);
  expect(new Router().parts).toEqual(['report', 'd1']);
});

test('back from a screen that the app was opened on leads to the one above', () => {
  location.hash = '#/report/d1';
  const router = new Router();
  router.back('report');
  expect(router.parts).toEqual(['report']);
});

test('back from a screen that a link led to goes where she came from', () => {
  const heard: (() => void)[] = [];
  vi.stubGlobal('window', { scrollY: 0, addEventListener: (_: string, listener: () => void) => heard.push(listener) });
  const back = vi.spyOn(history, 'back');
  const router = new Router();
  router.follow();
  location.hash = '#/recipient/r1';
  for (const listener of heard) listener();
  router.back();
  expect(router.parts).toEqual(['recipient', 'r1']);
  expect(back).toHaveBeenCalledOnce();
});
