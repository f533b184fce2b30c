import { beforeEach, expect, test } from 'vitest';

import { FakeDevice } from '../api/fake';
import { Router } from '../app/router.svelte';
import { Session } from '../app/session.svelte';
import { Day } from './day.svelte';

let device: FakeDevice;
let session: Session;

beforeEach(() => {
  device = new FakeDevice();
  session = new Session(device, new Router());
});

async function aDay(date: string | null = null): Promise<Day> {
  const day = new Day(session, date);
  await day.view.reload();
  return day;
}

test('one press asks when she left a visit of another day, and one that is paused', async () => {
  await device.call('act', { intent: { do: 'start_visit', visit: 'visit-4', at: { is: 'now' }, end_other: [] } });
  const tomorrow = await aDay('2026-11-22');
  expect(tomorrow.visits).toEqual([]);
  await tomorrow.start('visit-5');
  expect(tomorrow.starting.leaving?.running.map(({ document }) => document)).toEqual(['visit-4']);

  await device.call('act', { intent: { do: 'pause_visit', visit: 'visit-4', cause: 'alarm' } });
  const today = await aDay();
  expect(today.current?.document).toBe('visit-5');
  await today.start('visit-5');
  expect(today.starting.leaving?.running.map(({ state }) => state)).toEqual(['paused']);
});

test('a shift without a planned break has as many as she takes, and each turn is taken back later', async () => {
  const day = await aDay();
  for (const take of [() => day.startBreak(), () => day.endBreak(), () => day.startBreak()]) {
    await take();
    await day.view.reload();
  }
  const rests = () => day.view.value?.stops.flatMap((stop) => (stop.is === 'break' ? stop.taken : [])) ?? [];
  expect(rests().map(({ end }) => end === null)).toEqual([false, true]);
  expect(day.view.value?.run_sheet?.on_break).toBe(true);
  await day.endShift('Nattpasset tar över nycklarna');
  await day.view.reload();
  expect(day.shiftIsOn).toBe(false);
  const ended = day.view.value?.run_sheet?.own_facts.find(({ kind }) => kind === 'shift_ended');
  await device.call('act', { intent: { do: 'withdraw', document: 'sheet-1', facts: [ended?.fact ?? ''] } });
  await day.view.reload();
  expect(day.shiftIsOn).toBe(true);
});

test('changes are acknowledged with or without a run sheet', async () => {
  const day = await aDay();
  const shown = day.view.value;
  if (shown === null) throw new Error('no day');
  day.view.value = { ...shown, run_sheet: null };
  await day.acknowledge();
  await day.view.reload();
  expect(day.view.value.changes).toEqual([]);
});
