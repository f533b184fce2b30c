import { beforeEach, expect, test } from 'vitest';

import { FakeDevice } from '../fake';

let device: FakeDevice;

beforeEach(() => {
  device = FakeDevice.forPage(new URLSearchParams('fake=office'));
});

test('what the office decides is not taken back by an undo, as on a device', async () => {
  const settled = await device.call('act', { intent: { do: 'settle', document: 'key-V-095', facts: ['key-V-095-taken-1'], text: 'Sett.' } });
  const chosen = await device.call('act', { intent: { do: 'choose', document: 'key-F-118', register: 'place', side: 1 } });
  const counted = await device.call('act', { intent: { do: 'count_cabinet', cabinet: 'Fruängen', there: [{ key: 'key-F-304', copy: 1 }], missing: [] } });
  expect([settled, chosen, counted].map(({ can_undo }) => can_undo)).toEqual([false, false, true]);
});

test('only a key\'s own view says what a side of its dispute overrules', async () => {
  const [copy] = (await device.call('key', { key: 'key-V-095' })).copies;
  expect(copy?.sides.map(({ overrules }) => overrules)).toEqual([['key-V-095-taken-1'], ['key-V-095-taken-0']]);
  const { rows } = await device.call('key_board', { filter: 'needs_office', text: 'Anna Karlsson' });
  expect(rows.flatMap(({ line }) => line.sides.flatMap(({ overrules }) => overrules))).toEqual([]);
});

test('the steps of a lost key are as many as its case has come, and begin anew when it is lost again', async () => {
  const key = { key: 'key-H-212', copy: 1 };
  const lost = async () => {
    const [copy] = (await device.call('key', key)).copies;
    return [copy?.lost_step, copy?.lost_done];
  };
  await device.call('act', { intent: { do: 'change_key', key: key.key, change: { is: 'lost_step', copy: 1, step: 'reported', text: '' } } });
  expect(await lost()).toEqual([4, ['told', 'searched', 'reported']]);
  await device.call('act', { intent: { do: 'report_key', key, report: { is: 'found', cabinet: 'Fruängen' } } });
  expect(await lost()).toEqual([null, []]);
  await device.call('act', { intent: { do: 'report_key', key, report: { is: 'lost', text: '' } } });
  expect(await lost()).toEqual([1, []]);
});

test('notes are on the board, and those of a key in its own view', async () => {
  const { notes } = await device.call('key_board', { filter: 'needs_office', text: '' });
  expect(notes.map(({ tag, what }) => [tag, what])).toEqual([['L-004', 'alarm'], ['V-131', 'kept'], ['S-017', 'unknown_tag']]);
  expect((await device.call('key', { key: 'key-V-131' })).notes).toEqual([notes[1]]);
});
