import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { SHOWN_SECONDS, ShownCode } from './shownCode.svelte';

let code: ShownCode;

beforeEach(() => {
  vi.useFakeTimers();
  code = new ShownCode();
  code.show('1928');
});
afterEach(() => vi.useRealTimers());

test('a door code is hidden after half a minute', () => {
  vi.advanceTimersByTime(SHOWN_SECONDS * 1_000 - 1);
  expect(code.code).toBe('1928');
  expect(code.left).toBe(1);
  vi.advanceTimersByTime(1);
  expect(code.code).toBeNull();
});

test('a phone that slept hides it at its first tick', () => {
  vi.setSystemTime(Date.now() + 60_000);
  vi.advanceTimersByTime(1_000);
  expect(code.code).toBeNull();
});

test('a clock that is set back does not lengthen it', () => {
  vi.setSystemTime(Date.now() - 60_000);
  vi.advanceTimersByTime(1_000);
  expect(code.code).toBeNull();
});

test('a page that is put away hides it at once, as does leaving the screen', () => {
  const page = new EventTarget();
  const leave = code.follow(page);
  page.dispatchEvent(new Event('visibilitychange'));
  expect(code.code).toBeNull();
  code.show('1928');
  leave();
  expect(code.code).toBeNull();
});
