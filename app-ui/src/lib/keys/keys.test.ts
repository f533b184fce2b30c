import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { FakeDevice } from '../api/fake';
import { disagree } from '../api/fake/odd';
import type { KeyLine } from '../api/generated';
import { Router } from '../app/router.svelte';
import { Session } from '../app/session.svelte';
import { Keys, UNDO_SECONDS } from './keys.svelte';
import { linesFor } from './lacking';
import { aheadOf, asksGiver, atHand, cabinetsFor, callsFor, colleaguesFor, confirmWords, deeds, giversOf, handOverFor, mineChip, mineWords, noCopyWords, reminderWords, sidesWords, takenState, whereMissing } from './shown';

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

test('the giver confirms a hand-over that the receiver confirmed first, and the key is the receiver\'s', async () => {
  disagree(device.world);
  await keys.view.reload();
  const asked = view().to_confirm.find((each) => asksGiver(each, keys.me));
  if (asked === undefined) throw new Error('nobody says that she gave him a key');
  expect(confirmWords(asked, keys.me, view().now)).toEqual({ title: 'Jonas Berg säger att du lämnade över den 08:52', details: ['Gjorde du inte det? Ring, eller låt det vara.'] });
  expect([asked.tag, mine(), tags(atHand(view())), tags(keys.kept)].map((each) => each.includes('V-184'))).toEqual([true, false, false, false]);
  expect(deeds(asked, keys.me)).toEqual(['gave', 'give_back', 'lost', 'damaged']);
  expect(callsFor(asked, keys.me).map(({ name }) => name)).toEqual(['Jonas Berg']);
  const before = keys.toSeeTo;
  await keys.gave(asked);
  await keys.view.reload();
  expect(device.calls.filter(({ command }) => command === 'act').at(-1)).toMatchObject({ args: { intent: { do: 'give_keys', keys: [{ key: 'key-V-184', copy: 1 }], to: 'person-3' } } });
  expect([keys.toSeeTo, (await line('V-184')).place, (await line('V-184')).person]).toEqual([before - 1, 'with', 'person-3']);
});

test('who received a key asks nothing of herself, and what another gave her is told as before', async () => {
  disagree(device.world);
  const received = await line('V-183');
  expect([asksGiver(received, keys.me), deeds(received, keys.me)[0]]).toEqual([false, 'give_back']);
  expect(confirmWords(await line('V-160'), keys.me, view().now)).toEqual({
    title: 'Jonas Berg säger att du har fått V-160', details: ['08:50', 'Har du inte fått den? Ring, eller låt det vara.'],
  });
  expect(confirmWords({ ...received, since: null }, 'person-3', view().now).title).toBe('Lena Åberg säger att du lämnade över den');
});

test('what she would keep is also what two say they have, and what is given away is not', () => {
  expect(tags(keys.kept)).toEqual(['V-095', 'V-108', 'V-117', 'V-122', 'L-004']);
});

test('what she said last of a key is taken back first, also of a disputed one', async () => {
  expect([(await line('V-095')).own_fact, (await line('V-131')).own_fact]).toEqual(['f-095', null]);
  await keys.report(await line('V-095'), { is: 'damaged', text: 'Böjd.' }, '');
  const damaged = await line('V-095');
  expect([damaged.own_fact, damaged.flags]).toEqual(['act-1', ['disputed', 'damaged']]);
  await keys.takeBack(damaged, 'act-1');
  expect([(await line('V-095')).own_fact, (await line('V-095')).flags]).toEqual(['f-095', ['disputed']]);
});

test('what she said of a key that is back in its cabinet can still be taken back', async () => {
  await keys.giveBack([await line('V-117')], 'Fruängen');
  const hung = await line('V-117');
  await keys.takeBack(hung, hung.own_fact ?? '');
  expect((await line('V-117')).place).toBe('with');
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
  const answers = [await asked('v-117'), await asked('V-117/1'), await asked('V-170'), await asked('V-099'), await asked('X-1'), await asked('https://example.se')];
  expect(answers).toEqual(['key', 'key', 'known', 'retired', 'unknown', 'no_tag']);
});

test('a number that no copy has is told with the copies that there are, and is noted as it stands on the tag', async () => {
  await keys.find('v-170/3');
  const found = keys.question?.is === 'tag' ? keys.question.found : undefined;
  if (found?.is !== 'no_copy') throw new Error('it is a copy');
  expect([noCopyWords(found), tags(found.lines)]).toEqual(['V-170 har inget exemplar 3. Det finns 2.', ['V-170/1', 'V-170/2']]);
  // A single copy has no number on its tag, and is still not the key that was meant.
  await keys.find('V-117/3');
  expect(keys.question?.is === 'tag' && keys.question.found.is).toBe('no_copy');
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
  expect(told).toEqual(['Passet är snart slut: Du har 5 nycklar: V-095, V-108, V-117, V-122, L-004']);
});

test('a reminder says that the shift is over once it is', () => {
  const reminder = { why: 'shift_ends', at: 0, is_due: true, is_over: true, tags: ['V-117'] } as const;
  const titles = [reminder, { ...reminder, is_over: false }, { ...reminder, why: 'curfew' as const }].map((each) => reminderWords({ ...each, tags: [...each.tags] }).title);
  expect(titles).toEqual(['Passet är slut', 'Passet är snart slut', 'Nycklarna ska vara tillbaka nu']);
});

test('nothing is to be put back once all is handed over, whether or not that was confirmed', async () => {
  await keys.takeBack(await line('V-095'), 'f-095');
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
  await keys.takeBack(await line('V-095'), 'f-095');
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
