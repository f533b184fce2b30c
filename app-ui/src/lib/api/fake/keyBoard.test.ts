import { beforeEach, expect, test } from 'vitest';

import { FakeDevice } from '../fake';
import type { KeyChange, KeyReport } from '../generated';

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

test('a dispute that was counted in between has the count as a side of its own, and is settled by it', async () => {
  const key = { key: 'key-V-095', copy: 1 };
  await device.call('act', { intent: { do: 'count_cabinet', cabinet: 'Fruängen', there: [key], missing: [] } });
  const copy = async () => (await device.call('key', { key: key.key })).copies[0];
  const sides = (await copy())?.sides ?? [];
  expect(sides.map(({ by, what, overrules }) => [by, what, overrules.length])).toEqual([['Anna Karlsson', 'taken', 2], ['Jonas Wiklund', 'taken', 2], ['Eva Ström', 'counted', 2]]);
  await device.call('act', { intent: { do: 'settle', document: key.key, facts: sides[2]?.overrules ?? [], text: 'Sett.' } });
  expect(await copy()).toMatchObject({ place: 'cabinet', where_text: 'Fruängen', sides: [] });
});

test('what will be missing is counted by key and day, not by copy', async () => {
  await device.call('act', { intent: { do: 'change_key', key: 'key-H-212', change: { is: 'copies', copies: 3 } } });
  const { counts, missing } = await device.call('key_board', { filter: 'missing_ahead', text: '' });
  expect([counts.missing_ahead, missing.length]).toEqual([2, 2]);
});

test('a hand-over is between two until both have said so, whoever says so first', async () => {
  const copy = async (key: string) => (await device.call('key', { key })).copies[0];
  expect(await copy('key-H-219')).toMatchObject({ place: 'received', name: 'Eva Ström', to_name: 'Sara Berg' });
  await device.call('act', { intent: { do: 'give_keys', keys: [{ key: 'key-H-219', copy: 1 }], to: 'carer-4' } });
  expect(await copy('key-H-219')).toMatchObject({ place: 'with', name: 'Sara Berg', to: null });
  await device.call('act', { intent: { do: 'receive_keys', keys: [{ key: 'key-H-219', copy: 1 }], from: 'carer-4' } });
  expect(await copy('key-H-219')).toMatchObject({ place: 'received', name: 'Sara Berg', to_name: 'Eva Ström' });
});

test('a number that no copy has is answered with the copies that there are', async () => {
  const found = await device.call('find_tag', { text: 'f-122/3' });
  expect(found.is === 'no_copy' && [found.tag, found.lines.map(({ tag }) => tag)]).toEqual(['F-122/3', ['F-122/1', 'F-122/2']]);
});

test('a cabinet lists what is missing in it though it belongs elsewhere', async () => {
  const here = { cabinet: 'Fruängen', since: 0 };
  const row = async () => (await device.call('cabinet', here)).lines.find(({ line: { tag } }) => tag === 'V-140');
  expect(await row()).toMatchObject({ is_expected: false, counted: null, line: { place: 'cabinet' } });
  await device.call('act', { intent: { do: 'count_cabinet', cabinet: 'Fruängen', there: [], missing: [{ key: 'key-V-140', copy: 1 }] } });
  expect(await row()).toMatchObject({ is_expected: false, counted: false, line: { place: 'missing' } });
});

test('a copy with a history is not taken away', async () => {
  const change = (copies: number) => device.call('act', { intent: { do: 'change_key', key: 'key-F-122', change: { is: 'copies', copies } } });
  const report = (report: KeyReport) => device.call('act', { intent: { do: 'report_key', key: { key: 'key-F-122', copy: 2 }, report } });
  await change(3);
  await report({ is: 'damaged', text: '' });
  await change(1);
  await change(2);
  await report({ is: 'lost', text: '' });
  await expect(change(1)).rejects.toMatchObject({ code: 'bad_input', detail: 'copies_in_use' });
});

test('what was signed for a home stays when the key opens it no more', async () => {
  const change = (change: KeyChange) => device.call('act', { intent: { do: 'change_key', key: 'key-V-140', change } });
  const homes = async () => (await device.call('key', { key: 'key-V-140' })).homes;
  const receipt = { is_back: false, day: '2026-11-21', copies: 1, from: 'Gun Dahl', to: 'Eva Ström' };
  const [home] = await homes();
  await change({ is: 'receipt', home: home?.home ?? '', receipt });
  await change({ is: 'home', recipient: home?.recipient ?? '', opens: false });
  await change({ is: 'receipt', home: home?.home ?? '', receipt: { ...receipt, is_back: true } });
  expect((await homes()).map(({ recipient, name, receipts }) => [recipient, name, receipts.length])).toEqual([[null, '', 2]]);
  expect((await device.call('key', { key: 'key-V-140' })).copies[0]?.homes).toEqual([]);
});

test('a damage and a lock change end when the office settles them', async () => {
  const document = 'key-F-122';
  const view = () => device.call('key', { key: document });
  const flags = async () => (await view()).copies.map((copy) => copy.flags);
  const end = async (kind: string) => {
    const facts = (await view()).history.filter(({ what }) => what === kind).map(({ fact }) => fact);
    await device.call('act', { intent: { do: 'settle', document, facts, text: 'Lagad.' } });
  };
  await device.call('act', { intent: { do: 'report_key', key: { key: document, copy: 2 }, report: { is: 'damaged', text: '' } } });
  await device.call('act', { intent: { do: 'change_key', key: document, change: { is: 'lock_changed', text: '' } } });
  expect(await flags()).toEqual([['order_unclear', 'lock_changed'], ['damaged', 'lock_changed']]);
  await end('damaged');
  expect(await flags()).toEqual([['order_unclear', 'lock_changed'], ['lock_changed']]);
  await end('lock_changed');
  expect(await flags()).toEqual([['order_unclear'], []]);
});
