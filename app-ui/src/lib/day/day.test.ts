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
