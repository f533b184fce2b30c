import { DeviceError } from '../device';
import type {
  Colleague, Intent, KeyCopyRef, KeyFlag, KeyLine, KeyReminder, KeySide, KeysView, KeyUse, MissingRow, MyKey, NeededKey, SyncChip, TagView,
} from '../generated';
import type { World } from './world';

type Clock = (time: string) => number;
type KeyIntent = Extract<Intent, { do: 'take_keys' | 'return_keys' | 'give_keys' | 'receive_keys' | 'report_key' | 'note_tag' }>;
type Own = Pick<MyKey, 'what_for' | 'alarmed_at' | 'from_name' | 'delivery'>;

/** A copy of a key on the made-up phone. */
interface FakeKey {
  line: KeyLine;
  own: Own;
  /** The first visit of the round that needs it. */
  visit: string | null;
  /** What it was before her latest fact, to take that back. */
  before: FakeKey | null;
}

/** The keys of the made-up unit. */
export interface FakeKeys {
  all: FakeKey[];
  ahead: MissingRow[];
  reminder: KeyReminder;
  /** Tags that the phone does not know, as she noted them. */
  noted: { tag: string; text: string }[];
  acts: number;
}

const ME = 'person-1';
const CABINETS = ['Fruängen', 'Mälarhöjden', 'Västertorp'];
const COLLEAGUES: Colleague[] = [
  { person: 'person-2', name: 'Fatima Nordin', is_at_work: true },
  { person: 'person-3', name: 'Jonas Berg', is_at_work: true },
  { person: 'person-4', name: 'Omar Haddad', is_at_work: false },
  ...['Anna Lind', 'Birgitta Ek', 'Carl Moberg', 'Diana Sjö', 'Erik Holm', 'Farid Amin', 'Greta Berg'].map((name, index) => ({ person: `person-${index + 10}`, name, is_at_work: false })),
];
const PEOPLE: Readonly<Record<string, string>> = { [ME]: 'Lena Åberg', ...Object.fromEntries(COLLEAGUES.map(({ person, name }) => [person, name])) };
const TELEPHONE = '070-174 06 31';
const NOBODYS: Own = { what_for: null, alarmed_at: null, from_name: '', delivery: 'at_office' };

function key(tag: string, given: Partial<KeyLine>, own: Partial<Own> = {}, visit: string | null = null): FakeKey {
  const [code = '', copy = '1'] = tag.split('/');
  const line: KeyLine = {
    key: `key-${code}`, copy: Number(copy), tag, kind: code.startsWith('L') ? 'alarm' : 'home', homes: [], cabinet: 'Västertorp',
    hook: code.slice(-2), place: 'cabinet', where_text: given.cabinet ?? 'Västertorp', person: null, name: '', telephone: '', to: null, to_name: '',
    since: null, flags: [], sides: [], lost_step: null, lost_steps: 7, lost_done: [], own_fact: null, ...given,
  };
  return { line: named(line), own: { ...NOBODYS, ...own }, visit, before: null };
}

/** With the names of those who have it, and the telephone of the one of them that she can call. */
function named(line: KeyLine): KeyLine {
  const { person, to } = line;
  const isCalled = [person, to].some((each) => each !== null && each !== ME);
  return { ...line, name: (person && PEOPLE[person]) ?? '', telephone: isCalled ? TELEPHONE : '', to_name: (to && PEOPLE[to]) ?? '' };
}

function side(fact: string, person: string, what: string, at: number): KeySide {
  return { fact, by: PEOPLE[person] ?? '', telephone: person === ME ? '' : TELEPHONE, is_me: person === ME, what, at, overrules: [] };
}

/** The keys of a day like the one on the picture. */
export function someKeys(at: Clock): FakeKeys {
  const mine = (time: string) => ({ place: 'with' as const, person: ME, since: at(time), where_text: '' });
  const jonas = (time: string) => ({ place: 'with' as const, person: 'person-3', since: at(time), where_text: '' });
  return {
    all: [
      key('V-117', { ...mine('06:58'), homes: ['Skidvägen 4'], own_fact: 'f-117' }, { what_for: 'round' }, 'visit-4'),
      key('V-122', { ...mine('06:58'), homes: ['Skidvägen 19'], own_fact: 'f-122' }, { what_for: 'round' }, 'visit-7'),
      key('L-004', { ...mine('08:10'), own_fact: 'f-004' }, { what_for: 'alarm', alarmed_at: at('08:07') }),
      key('V-108', { ...mine('08:31'), own_fact: 'f-108' }, { from_name: 'Jonas Berg', delivery: 'on_phone' }),
      key('V-150', { place: 'given', person: ME, to: 'person-2', since: at('08:44'), where_text: '', own_fact: 'f-150' }, { delivery: 'on_server' }),
      key('V-160', { place: 'given', person: 'person-3', to: ME, since: at('08:50'), where_text: '' }),
      key('V-095', {
        ...mine('06:58'), flags: ['disputed'], own_fact: 'f-095',
        sides: [side('f-095', ME, 'taken', at('06:58')), side('j-095', 'person-3', 'taken', at('06:59'))],
      }, { what_for: 'round' }),
      key('V-131', { ...jonas('07:10'), homes: ['Bäckvägen 44'] }, {}, 'visit-6'),
      key('V-140', { cabinet: 'Fruängen', homes: ['Bäckvägen 7'] }, {}, 'visit-8'),
      key('V-142', { homes: ['Störtloppsv. 2'] }, {}, 'visit-9'),
      key('L-005', {}),
      key('V-170/1', {}),
      key('V-170/2', jonas('07:10')),
      key('V-099', { place: 'retired' }),
    ],
    ahead: [
      {
        key: 'key-V-131', tag: 'V-131', day: '2026-11-21', person: ME, name: 'Lena Åberg', visit: 'visit-6', visit_name: 'Gun Ahlin', start: at('10:20'), holder_name: 'Jonas Berg',
        hand_over: { from_name: 'Jonas Berg', telephone: '070-174 06 31', at: at('10:05'), after: 'Skidvägen 18', before: 'Bäckvägen 44' },
      },
      {
        key: 'key-V-133', tag: 'V-133', day: '2026-11-22', person: ME, name: 'Lena Åberg', visit: 'visit-99', visit_name: 'Rune Dahl', start: at('14:45') + 86_400, holder_name: 'Jonas Berg',
        hand_over: { from_name: 'Jonas Berg', telephone: '070-174 06 31', at: at('12:40') + 86_400, after: 'Skidvägen 18', before: 'Bäckvägen 12' },
      },
      { key: 'key-V-134', tag: 'V-134', day: '2026-11-23', person: ME, name: 'Lena Åberg', visit: 'visit-98', visit_name: 'Elsa Holm', start: at('09:15') + 2 * 86_400, holder_name: '', hand_over: null },
    ],
    reminder: { why: 'shift_ends', at: at('15:30'), is_due: false, is_over: false, tags: [] },
    noted: [],
    acts: 0,
  };
}

/** A lost key of the round, one out since yesterday, one that a colleague says she got, odd ones, and the curfew past. */
export function oddKeys(keys: FakeKeys, at: Clock): void {
  const since = at('15:10') - 86_400;
  keys.all.push(
    key('V-180', { place: 'lost', where_text: '', since, flags: ['lost'], lost_step: 2, lost_done: ['told'] }, {}, 'visit-11'),
    key('V-181', { place: 'lent', where_text: 'Låsjouren', since }, {}, 'visit-12'),
    key('V-182', { place: 'with', person: ME, where_text: '', since, flags: ['out_overnight', 'damaged', 'order_unclear'], own_fact: 'f-182' }, { what_for: 'other' }),
    key('V-183', { place: 'received', person: 'person-3', to: ME, where_text: '', since: at('08:20'), own_fact: 'f-183' }, { from_name: 'Jonas Berg', delivery: 'refused' }),
    key('V-184', { place: 'received', person: ME, to: 'person-3', where_text: '', since: at('08:52'), own_fact: 'f-184' }),
  );
  keys.reminder = { ...keys.reminder, why: 'curfew', at: at('08:30') };
}

/** The keys that she has, by her own word where that is disputed. */
export function kept({ all }: FakeKeys): KeyLine[] {
  const lines = all.map(({ line }) => line).filter((line) => (isDisputed(line) ? saysSheHas(line) : isMine(line) && line.place !== 'given'));
  return lines.sort(byKindAndTag);
}

/** A carer's keys, as the device answers. */
export function keys(world: World, now: number, sync: SyncChip): KeysView {
  const { all, ahead, reminder } = world.keys;
  const ends = (world.sheet.shift_start ?? 0) + world.sheet.shift_minutes * 60;
  const mine = all.filter(({ line }) => !isDisputed(line) && isMine(line)).map(({ line, own, visit }): MyKey => ({ ...own, line, in_round: visit !== null, back_by: ends }));
  mine.sort((a, b) => byKindAndTag(a.line, b.line));
  const tags = kept(world.keys).map(({ tag }) => tag);
  const over = reminder.why === 'shift_ends' ? ends : reminder.at;
  return {
    now,
    needed: all.flatMap(({ line, visit }) => (isMine(line) && !isDisputed(line) ? [] : needed(world, line, visit))).sort((a, b) => a.start - b.start),
    mine,
    to_confirm: all.map(({ line }) => line).filter((line) => !isDisputed(line) && isToConfirm(line)),
    disputed: all.filter(({ line }) => isDisputed(line) && line.sides.some(({ is_me }) => is_me)).map(({ line }) => line),
    kept: kept(world.keys), ahead, cabinets: CABINETS, colleagues: COLLEAGUES,
    reminder: tags.length === 0 ? null : { ...reminder, is_due: reminder.at <= now, is_over: over <= now, tags },
    sync,
  };
}

/** Alarm keys last. */
function byKindAndTag(a: KeyLine, b: KeyLine): number {
  return Number(a.kind === 'alarm') - Number(b.kind === 'alarm') || a.tag.localeCompare(b.tag);
}

function isDisputed({ flags }: KeyLine): boolean {
  return flags.includes('disputed');
}

function isMine({ place, person, to }: KeyLine): boolean {
  return ((place === 'with' || place === 'given') && person === ME) || (place === 'received' && to === ME);
}

/** Another says that he handed it to her, or that she handed it to him. */
function isToConfirm({ place, person, to }: KeyLine): boolean {
  return (place === 'given' && to === ME) || (place === 'received' && person === ME);
}

function saysSheHas({ sides }: KeyLine): boolean {
  const last = sides.filter(({ is_me }) => is_me).at(-1);
  return last !== undefined && ['taken', 'received', 'found'].includes(last.what);
}

function needed(world: World, line: KeyLine, visit: string | null): NeededKey[] {
  const card = world.visits.find(({ card: { document } }) => document === visit)?.card;
  if (card === undefined) return [];
  return [{ line, can_take: line.place === 'cabinet' && !isDisputed(line), visit: card.document, visit_name: card.name, start: card.start ?? 0 }];
}

/** What a tag is. */
export function findTag({ all }: FakeKeys, text: string): TagView {
  const tag = text.trim().toUpperCase();
  if (!/^[A-ZÅÄÖ0-9-]{1,20}(\/\d{1,2})?$/.test(tag)) return { is: 'no_tag' };
  return tagOf(all.map(({ line }) => line), tag);
}

/** What a tag in one spelling is, of all copies. */
export function tagOf(all: readonly KeyLine[], tag: string): TagView {
  const [code = '', number] = tag.split('/');
  const copies = all.filter((line) => line.tag.split('/')[0] === code);
  const inUse = copies.filter(({ place }) => place !== 'retired');
  if (copies.length === 0) return { is: 'unknown', tag: code };
  if (inUse.length === 0) return { is: 'retired', lines: copies };
  const isMeant = ({ copy }: KeyLine) => number === undefined || copy === Number(number);
  if (!copies.some(isMeant)) return { is: 'no_copy', tag, lines: inUse };
  const lines = inUse.filter(isMeant);
  return lines.length > 0 ? { is: 'known', lines } : { is: 'retired', lines: copies.filter(isMeant) };
}

/** Does what she asks of keys. */
export function actOnKeys(world: World, now: number, intent: KeyIntent): void {
  const { keys } = world;
  if (intent.do === 'note_tag') {
    keys.noted.push({ tag: intent.tag, text: intent.text });
    return;
  }
  for (const named of intent.do === 'report_key' ? [intent.key] : intent.keys) {
    const found = find(keys, named);
    if (intent.do === 'take_keys' && found.line.kind === 'alarm' && intent.alarm === null && intent.text === '') {
      throw new DeviceError({ code: 'bad_input', detail: 'alarm' });
    }
    found.before = structuredClone(found);
    found.own = { ...NOBODYS, delivery: 'on_phone' };
    found.line.own_fact = `act-${++keys.acts}`;
    const what = change(found, now, intent);
    found.line = restated(found.line, what);
    world.sent.unshift({ document: found.line.key, title: found.line.tag, what, count: 1, at: now, delivery: 'on_phone', why: null, text: '' });
  }
}

/** What was said of it holds no more where it moved; what two say of it stands until the office settles it. */
function restated(line: KeyLine, what: string): KeyLine {
  if (what === 'damaged') return named({ ...line, flags: [...new Set<KeyFlag>([...line.flags, 'damaged'])] });
  const flags = line.flags.filter((flag) => flag === 'damaged');
  return named({ ...line, flags: line.sides.length > 0 ? ['disputed', ...flags] : flags });
}

/** Changes a key by an act; gives the kind of its fact. */
function change(found: FakeKey, now: number, intent: Exclude<KeyIntent, { do: 'note_tag' }>): string {
  const { line } = found;
  const put = (given: Partial<KeyLine>) => Object.assign(line, { person: null, to: null, where_text: '', since: now, lost_step: null, lost_done: [], ...given } satisfies Partial<KeyLine>);
  switch (intent.do) {
    case 'take_keys': {
      const isRound = intent.what_for === 'round' && found.visit !== null;
      const what_for: KeyUse = intent.alarm ? 'alarm' : isRound ? 'round' : 'other';
      Object.assign(found.own, { what_for, alarmed_at: intent.alarm ? now : null } satisfies Partial<Own>);
      put({ place: 'with', person: ME });
      return 'taken';
    }
    case 'return_keys': put({ place: 'cabinet', where_text: intent.cabinet }); return 'returned';
    case 'give_keys': {
      const isConfirmed = line.place === 'received' && line.person === ME && line.to === intent.to;
      put(isConfirmed ? { place: 'with', person: intent.to } : { place: 'given', person: ME, to: intent.to });
      return 'given';
    }
    case 'receive_keys': {
      const isConfirmed = line.place === 'given' && line.to === ME && line.person === intent.from;
      const couldGive = line.place === 'cabinet' || line.place === 'missing' || line.person === intent.from || line.to === intent.from;
      found.own.from_name = PEOPLE[intent.from] ?? '';
      if (isConfirmed) put({ place: 'with', person: ME });
      else if (couldGive) put({ place: 'received', person: intent.from, to: ME });
      else line.sides = [side(`${line.key}-before`, line.person ?? '', 'taken', line.since ?? now), side(line.own_fact ?? '', ME, 'received', now)];
      return 'received';
    }
    case 'report_key': return report(line, put, intent.report);
  }
}

function report(line: KeyLine, put: (given: Partial<KeyLine>) => KeyLine, said: Extract<KeyIntent, { do: 'report_key' }>['report']): string {
  if (said.is === 'not_there') put({ place: 'missing', where_text: line.cabinet });
  if (said.is === 'lost' && !isDisputed(line)) put({ place: 'lost', lost_step: 1 });
  if (said.is === 'found') put(said.cabinet === null ? { place: 'with', person: ME } : { place: 'cabinet', where_text: said.cabinet });
  return said.is;
}

/** Takes back what she said last of a key: it is again what it was before; if that is not known, it hangs in its cabinet. */
export function takeBackOnKey({ all }: FakeKeys, document: string, facts: readonly string[]): void {
  const found = all.find(({ line: { key, own_fact } }) => key === document && own_fact !== null && facts.includes(own_fact));
  if (found === undefined) return;
  const hung: KeyLine = { ...found.line, place: 'cabinet', where_text: found.line.cabinet, person: null, name: '', to: null, flags: [], sides: [], own_fact: null };
  Object.assign(found, found.before ?? { line: hung, own: NOBODYS });
}

function find({ all }: FakeKeys, { key: document, copy }: KeyCopyRef): FakeKey {
  const found = all.find(({ line }) => line.key === document && line.copy === copy);
  if (found === undefined) throw new DeviceError({ code: 'not_found', detail: null });
  return found;
}
