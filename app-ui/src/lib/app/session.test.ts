import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { FakeDevice } from '../api/fake';
import { mendedWords } from './mended';
import { UNDO_MS } from './notices.svelte';
import { Router } from './router.svelte';
import { Session } from './session.svelte';

let device: FakeDevice;
let session: Session;

beforeEach(async () => {
  vi.useFakeTimers();
  device = new FakeDevice();
  session = new Session(device, new Router());
  await session.load();
});
afterEach(() => vi.useRealTimers());

test('an act is said, with a way to take it back', async () => {
  await session.act({ do: 'write_note', visit: 'visit-1', text: 'Hej' }, 'Sparat');
  expect(session.notices.notice?.text).toBe('Sparat');
  expect(device.world.visits[0]?.notes).toHaveLength(1);
  await session.notices.notice?.undo?.();
  expect(device.world.visits[0]?.notes).toHaveLength(0);
});

test('undo stays for ten seconds', async () => {
  await session.act({ do: 'write_note', visit: 'visit-1', text: 'Hej' }, 'Sparat');
  vi.advanceTimersByTime(UNDO_MS - 1);
  expect(session.notices.notice).not.toBeNull();
  vi.advanceTimersByTime(1);
  expect(session.notices.notice).toBeNull();
});

test('a failure is said until it is read, and gives no answer', async () => {
  device.fail('act', 'disk_full');
  expect(await session.act({ do: 'write_note', visit: 'visit-1', text: 'Hej' }, 'Sparat')).toBeNull();
  vi.advanceTimersByTime(10 * UNDO_MS);
  expect(session.notices.notice?.error?.code).toBe('disk_full');
});

test('what is said is said in the topmost place alone, and under it again when that is gone', () => {
  const [page, sheet] = [Symbol('page'), Symbol('sheet')];
  session.notices.put(page);
  const remove = session.notices.put(sheet);
  expect([page, sheet].map((place) => session.notices.isSaidAt(place))).toEqual([false, true]);
  remove();
  expect(session.notices.isSaidAt(page)).toBe(true);
});

test('two presses of one button are one act, presses of two buttons are two', async () => {
  const tick = (key: string) => session.act({ do: 'mark_done', visit: 'visit-4', items: [key] }, 'Gjord');
  await Promise.all([tick('dusch'), tick('dusch'), tick('frukost')]);
  expect(device.calls.filter(({ command }) => command === 'act')).toHaveLength(2);
});

test('the chip is there from the start', () => {
  expect(session.chip?.unsent).toBe(3);
});

test('a planner sees the office, a carer who also plans sees it only in a wide window', async () => {
  const [vault] = device.world.app.vaults;
  if (vault === undefined) throw new Error('no vault');
  vault.roles = ['planner'];
  await session.load();
  expect(session.isOffice).toBe(true);
  vault.roles = ['carer', 'planner'];
  await session.load();
  expect(session.isOffice).toBe(false);
  session.isWide = true;
  expect(session.isOffice).toBe(true);
});

test('what is typed is kept at each key press, and gone after the act that used it, however slow the phone is', async () => {
  const place = { what: 'note', document: 'visit-1', about: '' } as const;
  session.keepText(place, 'Hon ä');
  session.keepText(place, 'Hon är yr');
  expect(await session.keptText(place)).toBe('Hon är yr');
  session.keepText(place, 'Hon är yr.');
  await session.act({ do: 'write_note', visit: 'visit-1', text: 'Hon är yr.' }, 'Sparat');
  expect(await session.keptText(place)).toBe('');
});

test('a store that was mended is told of until she has read it', async () => {
  const vault = device.world.app.vaults[0];
  if (vault === undefined) throw new Error('the day has a vault');
  vault.mended = [{ at: 1, lost: 2 }, { at: 0, lost: null }, { at: -1, lost: 0 }];
  await session.load();
  const told = session.vault?.mended.map((each) => mendedWords(each, '09:04'));
  expect(told?.[0]).toBe('Det som är sparat på telefonen var skadat (09:04). 2 saker som inte var skickade gick inte att läsa.');
  expect(told?.[1]).toContain('kanske');
  expect(told?.[2]).toContain('Inget av ditt gick förlorat');
  await session.seeMended();
  expect(session.vault?.mended).toEqual([]);
});
