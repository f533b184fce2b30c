import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { FakeDevice } from '../api/fake';
import { Router } from '../app/router.svelte';
import { Session } from '../app/session.svelte';
import { Draft, PAUSE_MS } from './draft.svelte';

let device: FakeDevice;
let draft: Draft;

beforeEach(() => {
  vi.useFakeTimers();
  device = new FakeDevice();
  draft = new Draft(new Session(device, new Router()), null);
});
afterEach(() => vi.useRealTimers());

const called = () => device.calls.map(({ command }) => command);

test('every key press is kept, and a pause saves one version', async () => {
  draft.change({ happened: 'F' });
  draft.change({ happened: 'Fa' });
  await vi.advanceTimersByTimeAsync(PAUSE_MS);
  expect(called()).toEqual(['keep_typing', 'keep_typing', 'act']);
  expect(device.world.drafts[0]?.text.happened).toBe('Fa');
  expect(draft.kept).toBe('saved');
});

test('the next version goes to the same draft', async () => {
  draft.change({ happened: 'Fall' });
  await draft.save();
  draft.change({ happened: 'Fall i hallen' });
  await draft.save();
  expect(device.world.drafts.map(({ text }) => text.happened)).toEqual(['Fall i hallen']);
});

test('leaving with nothing written saves nothing', async () => {
  await draft.save();
  expect(called()).toEqual([]);
});

test('it is not sent in before it says what and what happened', async () => {
  draft.change({ happened: 'Fall' });
  expect(await draft.submit()).toBe(false);
  expect(draft.kindIsMissing).toBe(true);
  draft.change({ incident: 'fall' });
  expect(await draft.submit()).toBe(true);
  expect(device.world.drafts[0]?.submitted).toBe(true);
});

test('what could not be saved is saved at the next chance', async () => {
  draft.change({ happened: 'Fall' });
  await vi.advanceTimersByTimeAsync(1);
  device.fail('act', 'disk_full');
  await draft.save();
  expect(draft.kept).toBe('failed');
  await draft.save();
  expect(device.world.drafts[0]?.text.happened).toBe('Fall');
});
