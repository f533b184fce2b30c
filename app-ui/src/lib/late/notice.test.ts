import { beforeEach, expect, test } from 'vitest';

import { FakeDevice } from '../api/fake';
import { at } from '../api/fake/world';
import { Router } from '../app/router.svelte';
import { Session } from '../app/session.svelte';
import { LateNotice } from './notice.svelte';

let device: FakeDevice;
let notice: LateNotice;
let session: Session;

beforeEach(async () => {
  device = new FakeDevice();
  session = new Session(device, new Router());
  await session.load();
  notice = new LateNotice(session, 'visit-5');
});

test('a delay shows whom it moves, and who is not affected', async () => {
  await notice.choose(15);
  expect(notice.lines.map(({ name }) => name)).toEqual(['Abdi Hersi', 'Gun Ahlin']);
  expect(notice.preview?.not_affected).toBe('Stig Wallin');
});

test('a time by the clock is taken as it is typed', async () => {
  await notice.choose('clock');
  await notice.type('101');
  expect(notice.preview).toBeNull();
  await notice.type('1010');
  expect(notice.lines[0]?.expected).toBe(at('10:10'));
  await notice.type('0930');
  expect(notice.timeIsWrong).toBe(true);
});

test('what is saved can be told, one by one or by the office', async () => {
  await notice.choose(30);
  await notice.save();
  expect(notice.isSaved).toBe(true);
  const [first] = notice.lines;
  if (first === undefined) throw new Error('nobody is late');
  await notice.tell(first, 'told');
  expect(notice.untold.map(({ name }) => name)).toEqual(['Gun Ahlin']);
  await notice.askOffice();
  expect(notice.untold).toEqual([]);
  expect(notice.lines.map(({ told }) => told)).toEqual(['told', 'office_asked']);
});

test('another delay after saving is a new notice', async () => {
  await notice.choose(15);
  await notice.save();
  await notice.choose(30);
  expect(notice.isSaved).toBe(false);
});

test('whoever is left is told after the screen was left, and what was told stays told', async () => {
  await notice.choose(30);
  await notice.save();
  const [abdi] = notice.lines;
  if (abdi === undefined) throw new Error('nobody is late');
  await notice.tell(abdi, 'told');

  const again = new LateNotice(session, 'visit-5');
  await again.takeUp();
  expect(again.isSaved).toBe(true);
  expect(again.savedAt).not.toBeNull();
  expect(again.untold.map(({ name }) => name)).toEqual(['Gun Ahlin']);
  const [gun] = again.untold;
  if (gun === undefined) throw new Error('nobody is left');
  await again.tell(gun, 'message_left');
  expect(again.lines.map(({ told }) => told)).toEqual(['told', 'message_left']);

  await again.choose(30);
  expect(again.isSaved).toBe(true);
  expect(again.lines.map(({ told }) => told)).toEqual(['told', 'message_left']);
});

test('only times that are new are saved, so that who was told is not forgotten', async () => {
  // Abdi's quarter of an hour stands, and he was told.
  await notice.takeUp();
  await notice.choose(15);
  expect(notice.unsaved.map(({ name }) => name)).toEqual(['Gun Ahlin']);
  await notice.save();
  expect(notice.isSaved).toBe(true);
  expect(notice.lines.map(({ told }) => told)).toEqual(['told', null]);
});

test('whoever waits at a visit that is begun already can be told, and the notice stands when the screen is opened anew', async () => {
  await device.call('act', { intent: { do: 'start_visit', visit: 'visit-6', at: { is: 'now' }, end_other: [] } });
  const atDoor = new LateNotice(session, 'visit-6', 'key');
  await atDoor.choose(30);
  expect(atDoor.lines.map(({ name }) => name)).toEqual(['Gun Ahlin']);
  await atDoor.save();
  expect(atDoor.isSaved).toBe(true);
  const [gun] = atDoor.lines;
  if (gun === undefined) throw new Error('nobody is late');
  await atDoor.tell(gun, 'told');

  const again = new LateNotice(session, 'visit-6');
  await again.takeUp();
  expect([again.isSaved, again.reason, again.untold]).toEqual([true, 'key', []]);
});

test('another visit that is begun is late no more', async () => {
  await device.call('act', { intent: { do: 'start_visit', visit: 'visit-5', at: { is: 'now' }, end_other: [] } });
  const later = new LateNotice(session, 'visit-6');
  await later.choose(30);
  await later.save();
  const again = new LateNotice(session, 'visit-6');
  await again.takeUp();
  expect(again.lines.map(({ name }) => name)).toEqual(['Gun Ahlin']);
});

test('a notice that is undone can be saved anew', async () => {
  await notice.choose(30);
  await notice.save();
  await session.notices.notice?.undo?.();
  await notice.refresh();
  expect(notice.isSaved).toBe(false);
  expect(notice.unsaved.map(({ name }) => name)).toEqual(['Abdi Hersi', 'Gun Ahlin']);
});
