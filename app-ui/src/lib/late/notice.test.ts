import { beforeEach, expect, test } from 'vitest';

import { FakeDevice } from '../api/fake';
import { at } from '../api/fake/world';
import { Router } from '../app/router.svelte';
import { Session } from '../app/session.svelte';
import { LateNotice } from './notice.svelte';

let device: FakeDevice;
let notice: LateNotice;

beforeEach(async () => {
  device = new FakeDevice();
  const session = new Session(device, new Router());
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
  await notice.choose(15);
  await notice.save();
  expect(notice.savedAt).not.toBeNull();
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
  expect(notice.savedAt).toBeNull();
});
