import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { FakeDevice } from '../api/fake';
import type { KeyLine } from '../api/generated';
import { Router } from '../app/router.svelte';
import { Session } from '../app/session.svelte';
import { Keys, UNDO_SECONDS } from './keys.svelte';
import { linesFor } from './lacking';
import { aheadOf, atHand, cabinetsFor, callsFor, colleaguesFor, deeds, giversOf, handOverFor, mineChip, mineWords, reminderWords, sidesWords, takenState, whereMissing } from './shown';

let device: FakeDevice;
let session: Session;
let keys: Keys;

beforeEach(async () => {
  vi.stubGlobal('Notification', undefined);
  device = new FakeDevice();
  session = new Session(device, new Router());
  await session.load();
  keys = new Keys(session);
  await keys.view.reload();
});
afterEach(() => vi.unstubAllGlobals());

function view() {
  const shown = keys.view.value;
  if (shown === null) throw new Error('no keys');
  return shown;
}

async function line(tag: string): Promise<KeyLine> {
  const found = await device.call('find_tag', { text: tag });
  const first = found.is === 'known' ? found.lines[0] : undefined;
  if (first === undefined) throw new Error(tag);
  return first;
}

const tags = (lines: readonly KeyLine[]) => lines.map(({ tag }) => tag);
const mine = () => tags(view().mine.map((key) => key.line));

test('one press takes what hangs in a cabinet, and shows it; what a colleague has is left to her', async () => {
  expect(whereMissing(view().needed, keys.me)).toEqual(['V-131 hos Jonas Berg', 'V-140 i skåpet Fruängen', 'V-142 i skåpet Västertorp']);
  const changed = view().needed.map((needed) => ({ ...needed, line: { ...needed.line, flags: ['lock_changed' as const] } }));
  expect(whereMissing(changed, keys.me)).toEqual(['V-131, V-140, V-142 passar inte: låset är bytt']);
  await keys.takeAll();
  await keys.view.reload();
  expect(keys.question?.is === 'taken' && tags(keys.question.keys)).toEqual(['V-140', 'V-142']);
  expect(tags(view().needed.map(({ line }) => line))).toEqual(['V-131']);
  expect(device.calls.filter(({ command }) => command === 'act')).toHaveLength(1);
});

test('a key that was not there is one press more, and the list stays open', async () => {
  await keys.takeAll();
  await keys.notThere(await line('V-140'));
  await keys.view.reload();
  expect(keys.question?.is).toBe('taken');
  expect(mine().filter((tag) => tag.startsWith('V-14'))).toEqual(['V-142']);
});

test('a key that she took is with her until the phone or she herself says otherwise', async () => {
  const [hung, other] = keys.takeable;
  if (hung === undefined || other === undefined) throw new Error('nothing hangs');
  expect([takenState(view(), hung, false), takenState(view(), hung, true)]).toEqual(['with_me', 'gone']);
  await keys.takeAll();
  await keys.view.reload();
  expect(takenState(view(), hung, false)).toBe('with_me');
  await keys.notThere(hung);
  await keys.view.reload();
  expect([takenState(view(), hung, false), takenState(view(), other, false)]).toEqual(['gone', 'with_me']);
  expect(takenState({ ...view(), disputed: [other] }, other, false)).toBe('disputed');
});

test('the last press is taken back for ten minutes, and not once it was', async () => {
  await keys.takeAll();
  session.clock.set(session.clock.now + UNDO_SECONDS - 1);
  expect(keys.last?.said).toBe('2 nycklar är uttagna');
  await keys.undoLast();
  expect(keys.last).toBeNull();
  await keys.view.reload();
  expect(view().needed).toHaveLength(3);
  await keys.takeAll();
  session.clock.set(session.clock.now + UNDO_SECONDS);
  expect(keys.last).toBeNull();
});

test('a press taken back at the bottom edge is offered nowhere else', async () => {
  await keys.takeAll();
  await session.notices.notice?.undo?.();
  expect(keys.last).toBeNull();
});

test('disputed keys and those on their way are not offered for return', () => {
  expect(tags(atHand(view()))).toEqual(['V-108', 'V-117', 'V-122', 'L-004']);
  const [disputed] = view().disputed;
  if (disputed === undefined) throw new Error('none is disputed');
  expect(deeds(disputed, keys.me)).toEqual(['lost', 'damaged']);
  expect(deeds({ ...disputed, sides: disputed.sides.filter(({ is_me }) => !is_me) }, keys.me)).toEqual(['damaged']);
  expect(sidesWords(disputed, view().now)).toEqual(['Du tog ut den 06:58', 'Jonas Berg tog ut den 06:59']);
});

test('her keys say how they came to her', () => {
  const words = view().mine.map((key) => ({ ...mineWords(key, view().now), chip: mineChip(key).words }));
  expect(words).toEqual([
    { title: 'Övertagen från Jonas Berg 08:31', detail: 'Båda har bekräftat', chip: 'Inte i rundan' },
    { title: 'Uttagen 06:58', detail: 'Skåp Västertorp · tillbaka senast 16:00', chip: 'I rundan' },
    { title: 'Uttagen 06:58', detail: 'Skåp Västertorp · tillbaka senast 16:00', chip: 'I rundan' },
    { title: 'Lämnad till Fatima Nordin 08:44', detail: 'Fatima Nordin har inte bekräftat', chip: 'Väntar på svar' },
    { title: 'Larmnyckel, uttagen 08:10', detail: 'Larmutryckning 08:07', chip: 'Lämna tillbaka' },
  ]);
});

test('the keys\' own cabinet comes first, by how many belong there', () => {
  const all = atHand(view());
  expect(cabinetsFor(all, view().cabinets)).toEqual([
    { name: 'Västertorp', isOwn: true }, { name: 'Fruängen', isOwn: false }, { name: 'Mälarhöjden', isOwn: false },
  ]);
});

test('colleagues at work are offered, and the others are found by name', () => {
  const { colleagues } = view();
  expect(colleaguesFor(colleagues, '').map(({ name }) => name)).toEqual(['Fatima Nordin', 'Jonas Berg']);
  expect(colleaguesFor(colleagues, ' berg').map(({ name }) => name)).toEqual(['Jonas Berg', 'Carl Moberg', 'Greta Berg']);
  expect(colleaguesFor(colleagues.filter(({ is_at_work }) => !is_at_work), '')).toHaveLength(8);
});

test('today\'s hand-over stands with the round, those of later days by themselves', () => {
  const [first] = view().needed;
  expect(first && handOverFor(view(), first)?.after).toBe('Skidvägen 18');
  expect(aheadOf(view()).map(({ tag }) => tag)).toEqual(['V-133', 'V-134']);
});

test('a hand-over is confirmed by one press, and counted until then', async () => {
  expect(keys.toSeeTo).toBe(4);
  await keys.receive(await line('V-160'));
  await keys.view.reload();
  expect([keys.toSeeTo, mine().includes('V-160')]).toEqual([3, true]);
});

test('a key that is with someone asks who handed it to her, and offers who is believed to have it first', async () => {
  const held = await line('V-131');
  await keys.receive(held);
  expect(keys.question).toEqual({ is: 'receive', line: held });
  expect(giversOf(held, keys.me).map(({ name }) => name)).toEqual(['Jonas Berg']);
  expect(colleaguesFor(view().colleagues, '', giversOf(held, keys.me)).map(({ name }) => name)).toEqual(['Jonas Berg', 'Fatima Nordin']);
  expect(giversOf({ ...(await line('V-160')), to: 'person-2', to_name: 'Fatima Nordin' }, keys.me).map(({ name }) => name)).toEqual(['Jonas Berg', 'Fatima Nordin']);
  expect([giversOf(await line('V-150'), keys.me).map(({ name }) => name), giversOf(await line('V-140'), keys.me)]).toEqual([['Fatima Nordin'], []]);
  await keys.receive(held, 'person-2');
  await keys.view.reload();
  expect(tags(view().disputed)).toEqual(['V-095', 'V-131']);
});

test('nobody is told to call herself, and of a dispute each other side is called', async () => {
  const called = async (tag: string) => callsFor(await line(tag), keys.me).map(({ name }) => name);
  expect([await called('V-131'), await called('V-150'), await called('V-160'), await called('V-117'), await called('V-140'), await called('V-095')]).toEqual([
    ['Jonas Berg'], ['Fatima Nordin'], ['Jonas Berg'], [], [], ['Jonas Berg'],
  ]);
  const disputed = await line('V-095');
  expect(callsFor({ ...disputed, sides: [...disputed.sides, ...disputed.sides] }, keys.me)).toHaveLength(1);
});

test('what becomes of a disputed key is said, and leaves it disputed', async () => {
  await keys.report(await line('V-095'), { is: 'lost', text: 'På bussen.' }, '');
  await keys.report(await line('V-095'), { is: 'damaged', text: 'Böjd.' }, '');
  const disputed = await line('V-095');
  expect([disputed.flags, disputed.sides.length]).toEqual([['disputed', 'damaged'], 2]);
});

test('a key from a cabinet asks who handed it to her', async () => {
  const hung = await line('V-140');
  await keys.receive(hung);
  expect(keys.question).toEqual({ is: 'receive', line: hung });
  await keys.receive(hung, 'person-2');
  await keys.view.reload();
  expect(keys.question).toBeNull();
  expect(view().mine.find(({ line: { tag } }) => tag === 'V-140')?.line.place).toBe('received');
});

test('an alarm key asks for its alarm before anything is done, and is not taken without a reason', async () => {
  const alarm = await line('L-005');
  await keys.take(alarm);
  expect(keys.question?.is).toBe('alarm');
  expect(device.calls.some(({ command }) => command === 'act')).toBe(false);
  await keys.takeFor(alarm, '');
  expect(session.notices.notice?.error?.code).toBe('bad_input');
  expect(keys.question?.is).toBe('alarm');
  await keys.takeFor(alarm, { recipient: 'recipient-6', name: '', at: '08:50' });
  expect(keys.question).toBeNull();
  expect(device.calls.at(-1)).toMatchObject({ args: { intent: { what_for: 'alarm', alarm: { recipient: 'recipient-6' } } } });
});

test('a key that no visit needs is taken all the same, and not said to be for the round', async () => {
  await keys.take(await line('V-170/1'));
  expect(device.calls.at(-1)).toMatchObject({ args: { intent: { do: 'take_keys', what_for: 'other' } } });
  await keys.take(await line('V-140'));
  expect(device.calls.at(-1)).toMatchObject({ args: { intent: { what_for: 'round' } } });
});

test('each answer about a tag asks something else', async () => {
  const asked = async (text: string) => {
    await keys.find(text);
    return keys.question?.is === 'tag' ? keys.question.found.is : keys.question?.is;
  };
  expect([await asked('v-117'), await asked('V-170'), await asked('V-099'), await asked('X-1'), await asked('https://example.se')]).toEqual(['key', 'known', 'retired', 'unknown', 'no_tag']);
});

test('what could not be saved leaves its sheet', async () => {
  keys.ask({ is: 'give_back', keys: atHand(view()) });
  device.fail('act', 'disk_full');
  await keys.giveBack(atHand(view()), 'Västertorp');
  expect([keys.question?.is, keys.last]).toEqual(['give_back', null]);
});

test('what can be done follows from where a key is, and who has it', async () => {
  const can = async (tag: string) => deeds(await line(tag), keys.me);
  expect((await can('V-140'))[0]).toBe('take');
  expect(await can('V-117')).toEqual(['give_back', 'give', 'lost', 'damaged']);
  expect((await can('V-131'))[0]).toBe('receive');
  expect((await can('V-160'))[0]).toBe('receive');
  expect((await can('V-150'))[0]).toBe('give_back');
});

test('a lent key comes back or is found, and nobody of the unit can hand it over', async () => {
  expect(deeds({ ...(await line('V-140')), place: 'lent' }, keys.me)).toEqual(['give_back', 'found']);
});

test('every copy of the keys to a visit\'s home is found', async () => {
  const visit = await device.call('visit', { visit: 'visit-6' });
  expect(tags(await linesFor(device, visit.card))).toEqual(['V-131']);
  expect(await linesFor(device, { ...visit.card, recipient: null, key: null })).toEqual([]);
});

test('a reminder is due by the clock, and the phone is told of it once', async () => {
  const told: string[] = [];
  vi.stubGlobal('Notification', class {
    static permission = 'granted';
    constructor(title: string, { body }: { body: string }) { told.push(`${title}: ${body}`); }
  });
  vi.stubGlobal('window', globalThis);
  expect(keys.due).toBeNull();
  keys.tellReminder();
  session.clock.set(view().reminder?.at ?? 0);
  expect(keys.due?.why).toBe('shift_ends');
  keys.tellReminder();
  await keys.view.reload();
  keys.tellReminder();
  expect(told).toEqual(['Passet är snart slut: Du har 4 nycklar: V-108, V-117, V-122, L-004']);
});

test('a reminder says that the shift is over once it is', () => {
  const reminder = { why: 'shift_ends', at: 0, is_due: true, is_over: true, tags: ['V-117'] } as const;
  const titles = [reminder, { ...reminder, is_over: false }, { ...reminder, why: 'curfew' as const }].map((each) => reminderWords({ ...each, tags: [...each.tags] }).title);
  expect(titles).toEqual(['Passet är slut', 'Passet är snart slut', 'Nycklarna ska vara tillbaka nu']);
});

test('nothing is to be put back once all is handed over, whether or not that was confirmed', async () => {
  const [fatima] = view().colleagues;
  if (fatima === undefined) throw new Error('nobody');
  await keys.give(atHand(view()), fatima);
  await keys.view.reload();
  expect([view().reminder, view().mine.length]).toEqual([null, 5]);
});

test('a shift does not end unasked with a key that she says she was handed', async () => {
  await keys.giveBack(atHand(view()), 'Västertorp');
  await keys.receive(await line('V-140'), 'person-2');
  await keys.view.reload();
  expect(tags(keys.kept)).toEqual(['V-140']);
  const ending = device.call('act', { intent: { do: 'end_shift', run_sheet: 'sheet-1', keys_kept: '' } });
  await expect(ending).rejects.toMatchObject({ code: 'bad_input', detail: 'keys_kept' });
});

test('who has no run sheet takes an alarm key all the same, and is asked to tell whose alarm it is', async () => {
  device.fail('act', 'no_run_sheet');
  await keys.takeFor(await line('L-005'), { recipient: null, name: 'Gun', at: '08:50' });
  await keys.view.reload();
  const taken = view().mine.find((mine) => mine.line.tag === 'L-005');
  expect([taken?.what_for, keys.last?.said]).toEqual(['other', 'Nyckeln är uttagen. Du har inget arbetskort i dag: säg till kontoret vems larmet är.']);
});
