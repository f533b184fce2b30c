import { beforeEach, expect, test } from 'vitest';

import { FakeDevice } from '../api/fake';
import { at } from '../api/fake/world';
import { Router } from '../app/router.svelte';
import { Session } from '../app/session.svelte';
import { VisitWork } from './work.svelte';

let device: FakeDevice;
let work: VisitWork;
let session: Session;

beforeEach(async () => {
  device = new FakeDevice();
  session = new Session(device, new Router());
  await session.load();
  work = await begun(session, 'visit-4');
});

async function begun(session: Session, visit: string): Promise<VisitWork> {
  const begun = new VisitWork(session, visit);
  begun.view.follow(device);
  await begun.view.reload();
  await begun.start();
  await begun.view.reload();
  return begun;
}

function item(name: string) {
  const found = work.view.value?.items.find((each) => each.name === name);
  if (found === undefined) throw new Error(name);
  return found;
}

test('an open intervention is ticked by one press', async () => {
  await work.press(item('Bäddning'));
  await work.view.reload();
  expect(item('Bäddning').state).toBe('done');
});

test('a done one pressed again asks, and never unticks silently', async () => {
  await work.press(item('Bäddning'));
  await work.view.reload();
  await work.press(item('Bäddning'));
  await work.view.reload();
  expect(work.question?.is).toBe('item');
  expect(item('Bäddning').state).toBe('done');
});

test('all done leaves the medicine to be ticked by itself', async () => {
  await work.allDone();
  await work.view.reload();
  expect(work.openItems.map(({ name }) => name)).toEqual(['Medicin']);
});

test('open interventions are listed once when the visit ends', async () => {
  await work.end();
  expect(work.question?.is).toBe('end');
  expect(work.view.value?.card.state).toBe('running');
  work.close();
  await work.end();
  await work.view.reload();
  expect(work.view.value?.card.state).toBe('done');
  expect(work.view.value?.card.flags).toContain('ended_with_open_items');
});

test('another end is asked about what is open too, and ends when it says', async () => {
  await work.end({ is: 'local', time: '09:20', reason: 'Glömde' });
  expect(work.question).toEqual({ is: 'end', at: { is: 'local', time: '09:20', reason: 'Glömde' } });
  if (work.question?.is !== 'end') throw new Error('nothing is listed');
  await work.endAnyway(work.question.at);
  await work.view.reload();
  expect(work.view.value?.card.segments.at(-1)?.end).toBe(at('09:20'));
  expect(work.question).toBeNull();
});

test('the list comes back after the words of a reason, and after changing her mind', async () => {
  await work.end();
  const { question: ending } = work;
  if (ending?.is !== 'end') throw new Error('nothing is listed');
  work.ask({ is: 'not_done', item: item('Bäddning'), ending });
  await work.notDone(item('Bäddning'), 'other', 'Hunden låg i sängen');
  expect(work.question).toBe(ending);
  work.ask({ is: 'not_done', item: item('Medicin'), ending });
  work.close();
  expect(work.question).toBe(ending);
  work.close();
  expect(work.question).toBeNull();
});

test('an end that could not be saved leaves its sheet, so that what she wrote is not lost', async () => {
  await work.end();
  device.fail('act', 'disk_full');
  await work.endAnyway({ is: 'now' });
  expect(work.question?.is).toBe('end');
  expect(session.notices.notice?.error?.code).toBe('disk_full');
});

test('a fact taken back later opens the intervention again', async () => {
  await work.press(item('Bäddning'));
  await work.view.reload();
  await work.takeBack(item('Bäddning').own_facts);
  await work.view.reload();
  expect(item('Bäddning').state).toBe('open');
});

test('a wrong start moves with its time to the visit she is at', async () => {
  const before = work.view.value?.card.segments[0]?.start;
  const other = work.view.value?.move_to.find(({ name }) => name === 'Gun Ahlin');
  if (other === undefined) throw new Error('no other visit');
  await work.moveStart(other);
  const moved = await device.call('visit', { visit: other.document });
  expect(moved.card.segments[0]?.start).toBe(before);
});
