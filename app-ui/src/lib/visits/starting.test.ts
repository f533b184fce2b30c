import { beforeEach, expect, test } from 'vitest';

import { FakeDevice } from '../api/fake';
import { Router } from '../app/router.svelte';
import { Session } from '../app/session.svelte';
import { Starting } from './starting.svelte';

let device: FakeDevice;
let session: Session;
let starting: Starting;

beforeEach(async () => {
  device = new FakeDevice();
  session = new Session(device, new Router());
  starting = new Starting(session);
  await starting.begin('visit-4', []);
});

async function running() {
  const { stops } = await device.call('day', { date: null });
  return stops.filter((stop) => stop.is === 'visit').filter(({ state }) => state === 'running');
}

test('with nothing under way it begins at once and shows the visit', async () => {
  expect((await running()).map(({ document }) => document)).toEqual(['visit-4']);
  expect(session.router.parts).toEqual(['visit', 'visit-4']);
});

test('with a visit under way it asks when she left', async () => {
  await starting.begin('visit-5', await running());
  expect(starting.leaving?.running[0]?.name).toBe('Maj-Britt Sandell');
  await starting.answer({ is: 'now' });
  expect((await running()).map(({ document }) => document)).toEqual(['visit-5']);
});

test('it never blocks: both may go on', async () => {
  await starting.begin('visit-5', await running());
  await starting.answer(null);
  expect((await running()).map(({ document }) => document)).toEqual(['visit-4', 'visit-5']);
});

test('each visit under way is asked about in turn', async () => {
  await starting.begin('visit-5', await running());
  await starting.answer(null);
  await starting.begin('visit-6', await running());
  await starting.answer({ is: 'planned' });
  expect(starting.leaving?.running.map(({ document }) => document)).toEqual(['visit-5']);
  await starting.answer({ is: 'now' });
  expect((await running()).map(({ document }) => document)).toEqual(['visit-6']);
});

test('a visit that nobody planned asks in the same way, and pauses what she is not finished with', async () => {
  await starting.begin('visit-5', await running());
  await starting.answer(null);
  await starting.beginUnplanned({ recipient: null, name: 'Rut', cause: 'asked' }, await running());
  expect(starting.leaving?.pauses).toBe(true);
  await starting.answer({ is: 'planned' });
  await starting.answer(null);
  const { stops } = await device.call('day', { date: null });
  const states = stops.flatMap((stop) => (stop.is === 'visit' ? [[stop.document, stop.state]] : []));
  expect(states).toContainEqual(['visit-4', 'done']);
  expect(states).toContainEqual(['visit-5', 'paused']);
  const ended = [{ visit: 'visit-4', at: { is: 'planned' } }];
  expect(device.calls.filter(({ command }) => command === 'act').at(-1)).toMatchObject({
    args: { intent: { do: 'begin_unplanned', recipient: null, name: 'Rut', cause: 'asked', end_other: ended } },
  });
  expect(session.router.parts[0]).toBe('visit');
});

test('a cancelled question begins nothing', async () => {
  await starting.begin('visit-5', await running());
  starting.cancel();
  expect(await running()).toHaveLength(1);
});
