import type { Colleague, HandOverView, KeyCopyRef, KeyFlag, KeyLine, KeyPlaceKind, KeyReminder, KeySide, KeysView, MissingRow, MyKey, NeededKey, TagView } from '../api/generated';
import { clock, dateOf, moment } from '../time/format';
import { keyFlags, texts } from './texts';

/** What can be done with a copy. */
export type Deed = 'take' | 'give_back' | 'give' | 'gave' | 'receive' | 'not_there' | 'lost' | 'found' | 'damaged';

/** What can be done with a copy by where it is said to be, what is likeliest first. What people see is not always what is said. */
const DEEDS: Readonly<Record<KeyPlaceKind, readonly Deed[]>> = {
  cabinet: ['take', 'receive', 'not_there', 'damaged'],
  with: ['receive', 'take', 'give_back', 'found'],
  given: ['receive', 'take', 'give_back', 'found'],
  received: ['receive', 'take', 'give_back', 'found'],
  missing: ['found', 'take', 'receive', 'lost', 'damaged'],
  lost: ['found', 'damaged'],
  lent: ['give_back', 'found'],
  retired: [],
};
const DEEDS_WITH_ME: readonly Deed[] = ['give_back', 'give', 'lost', 'damaged'];
/** What the giver can say of a copy that she was said to hand over: that she did, or what became of it. */
const DEEDS_GIVEN_BY_ME: readonly Deed[] = ['gave', 'give_back', 'lost', 'damaged'];
/** What can be said of a copy while the office sorts out who has it. */
const DEEDS_DISPUTED: readonly Deed[] = ['damaged'];
const DEEDS_DISPUTED_WITH_ME: readonly Deed[] = ['lost', 'damaged'];

/** A chip beside a key. */
export interface Chip {
  readonly tone: 'ok' | 'warn' | 'bad' | 'plain';
  readonly words: string;
}

/** One copy among all. */
export function refOf({ key, copy }: KeyLine): KeyCopyRef {
  return { key, copy };
}

/** A name for a copy that no other has. */
export function idOf({ key, copy }: KeyCopyRef): string {
  return `${key}/${copy}`;
}

export function isDisputed({ flags }: KeyLine): boolean {
  return flags.includes('disputed');
}

/** What a person can do with a copy; while two statements about it stand, no more than say what became of it. */
export function deeds(line: KeyLine, me: string): readonly Deed[] {
  if (isDisputed(line)) return line.sides.some(({ is_me }) => is_me) ? DEEDS_DISPUTED_WITH_ME : DEEDS_DISPUTED;
  if (line.place === 'given' && line.to === me) return DEEDS.given;
  if (asksGiver(line, me)) return DEEDS_GIVEN_BY_ME;
  const mayBeMine = line.person === me || (line.place === 'received' && line.to === me);
  return mayBeMine ? DEEDS_WITH_ME : DEEDS[line.place];
}

/** Whether another says that she was handed a copy by her, who has not confirmed it. */
export function asksGiver({ place, person, to }: KeyLine, me: string): boolean {
  return place === 'received' && person === me && to !== me;
}

/** What another says of a hand-over, for her to confirm: that she was handed a copy, or that she handed it over. */
export function confirmWords(line: KeyLine, me: string, now: number): { title: string; details: string[] } {
  const since = line.since === null ? '' : moment(line.since, dateOf(now));
  if (asksGiver(line, me)) return { title: [texts.saysYouGave(line.to_name), since].filter(Boolean).join(' '), details: [texts.notGiven] };
  return { title: texts.saysYouHave(line.name, line.tag), details: [since, texts.notGot].filter(Boolean) };
}

/** Where a copy is, to stand inside a sentence: `hos Jonas Berg`, `i skåpet Fruängen`. */
export function whereWords(line: KeyLine, me: string): string {
  if (isDisputed(line)) return texts.disputed.toLowerCase();
  switch (line.place) {
    case 'cabinet': return texts.inCabinet(line.where_text);
    case 'with': return line.person === me ? texts.withMe.toLowerCase() : texts.with(line.name);
    case 'given': case 'received': return line.person === me ? texts.betweenMe(line.to_name) : texts.between(line.name, line.to_name);
    case 'missing': return texts.isMissing;
    case 'lost': return texts.isLost;
    case 'lent': return texts.isLent(line.where_text);
    case 'retired': return texts.isRetired;
  }
}

/** The same as a sentence, with since when. */
export function whereSentence(line: KeyLine, me: string, now: number): string {
  const since = line.since === null || isDisputed(line) ? '' : ` ${texts.since(moment(line.since, dateOf(now)))}`;
  const hook = line.place === 'cabinet' && line.hook && line.where_text === line.cabinet ? `, ${texts.hook(line.hook)}` : '';
  return capital(whereWords(line, me)) + hook + since;
}

/** Where to look for a copy that hangs in a cabinet: `Skåp Fruängen, krok 12`. */
export function placeWords(line: KeyLine): string {
  const hook = line.hook && line.where_text === line.cabinet ? `, ${texts.hook(line.hook)}` : '';
  return texts.cabinet(line.where_text) + hook;
}

/** What is odd about a copy and not said by where it is. */
export function oddities(line: KeyLine): string[] {
  const said: readonly KeyFlag[] = ['disputed', 'lost', 'missing', 'taken_without_need', 'returned_by_another'];
  return line.flags.filter((flag) => !said.includes(flag)).map((flag) => keyFlags[flag]);
}

/** Where the keys are that a round lacks, those of one place together. */
export function whereMissing(needed: readonly NeededKey[], me: string): string[] {
  const lacks = (line: KeyLine) => (line.flags.includes('lock_changed') ? texts.doesNotFit : whereWords(line, me));
  const places = [...new Set(needed.map(({ line }) => lacks(line)))];
  return places.map((place) => {
    const tags = needed.filter(({ line }) => lacks(line) === place).map(({ line }) => line.tag);
    return `${tags.join(', ')} ${place}`;
  });
}

/** How one of her keys came to her, and what holds for it. */
export function mineWords(key: MyKey, now: number): { title: string; detail: string } {
  const { line } = key;
  const since = line.since === null ? '' : moment(line.since, dateOf(now));
  if (line.place === 'given') return { title: texts.givenTo(line.to_name, since), detail: texts.notConfirmedBy(line.to_name) };
  if (line.place === 'received') return { title: texts.takenOver(line.name, since), detail: texts.notConfirmedBy(line.name) };
  if (key.from_name !== '') return { title: texts.takenOver(key.from_name, since), detail: texts.bothConfirmed };
  const back = key.back_by === null ? '' : texts.backBy(moment(key.back_by, dateOf(now)));
  const detail = [texts.cabinet(line.cabinet), back].filter(Boolean).join(' · ');
  if (line.kind === 'alarm') {
    const alarm = key.alarmed_at === null ? detail : texts.forAlarm(moment(key.alarmed_at, dateOf(now)));
    return { title: texts.alarmTaken(since), detail: alarm };
  }
  return { title: (key.what_for === null ? texts.foundAt : texts.taken)(since), detail };
}

/** What stands beside one of her keys. */
export function mineChip(key: MyKey): Chip {
  const { line } = key;
  if (key.delivery === 'refused') return { tone: 'bad', words: texts.notAccepted };
  if (line.place !== 'with') return { tone: 'plain', words: texts.waiting };
  if (line.flags.includes('out_overnight') || (line.kind === 'alarm' && !key.in_round)) return { tone: 'warn', words: texts.bringBack };
  return key.in_round ? { tone: 'ok', words: texts.inRound } : { tone: 'plain', words: texts.notInRound };
}

/** That no copy of a key has the number on a tag, and how many copies there are. */
export function noCopyWords({ tag, lines }: Extract<TagView, { is: 'no_copy' }>): string {
  const [code = '', copy = ''] = tag.split('/');
  return texts.noCopy(code, copy, lines.length);
}

/** Someone to ask about a copy. */
export interface Call {
  readonly name: string;
  readonly telephone: string;
}

/** Who can be called about a copy: who has it, the other of two where she herself is one, or the sides of a dispute. */
export function callsFor(line: KeyLine, me: string): Call[] {
  const people = isDisputed(line)
    ? line.sides.filter(({ is_me }) => !is_me).map(({ by, telephone }) => ({ name: by, telephone }))
    : [{ name: line.person === me ? line.to_name : line.name, telephone: line.telephone }];
  return people.filter(({ name, telephone }, at) => telephone !== '' && people.findIndex((other) => other.name === name && other.telephone === telephone) === at);
}

/** Who may have handed her a copy, by what the phone knows. */
export function giversOf({ person, name, to, to_name }: KeyLine, me: string): Colleague[] {
  return [{ person, name }, { person: to, name: to_name }].flatMap(({ person: giver, name: called }) =>
    giver === null || giver === me ? [] : [{ person: giver, name: called, is_at_work: false }]);
}

/** What each says of a copy that two contradict each other about, she herself first. */
export function sidesWords({ sides }: KeyLine, now: number): string[] {
  return [...sides.filter(({ is_me }) => is_me), ...sides.filter(({ is_me }) => !is_me)].map((side) => sideWords(side, now));
}

function sideWords({ by, is_me, what, at }: KeySide, now: number): string {
  const did = didWords(what);
  const time = moment(at, dateOf(now));
  return is_me ? texts.youSay(did, time) : texts.otherSays(by, did, time);
}

function didWords(what: string): string {
  switch (what) {
    case 'taken': return texts.did_taken;
    case 'returned': return texts.did_returned;
    case 'given': return texts.did_given;
    case 'received': return texts.did_received;
    case 'not_there': return texts.did_not_there;
    case 'counted': return texts.did_counted;
    case 'missing': return texts.did_missing;
    case 'lost': return texts.did_lost;
    case 'found': return texts.did_found;
    case 'lent': return texts.did_lent;
    default: return texts.did_other;
  }
}

/** How a copy of those that she took stands: two say that they have it, it was not there, or it is with her. */
export type Taken = 'disputed' | 'gone' | 'with_me';

/**
 * How a copy stands that she took, by the phone and by what she pressed. What the phone does not say anything about yet
 * is with her: the press was saved, and the keys were not read again.
 */
export function takenState({ mine, disputed, needed }: Pick<KeysView, 'mine' | 'disputed' | 'needed'>, line: KeyLine, isPressed: boolean): Taken {
  const is = (other: KeyLine) => idOf(other) === idOf(line);
  if (disputed.some(is)) return 'disputed';
  if (mine.some((key) => is(key.line))) return 'with_me';
  return isPressed || needed.some((key) => is(key.line) && key.line.place === 'missing') ? 'gone' : 'with_me';
}

/** How a missing key could come in time. */
export function meetWords({ from_name, at, after, before }: HandOverView): string {
  return texts.meet(from_name, clock(at), after, before);
}

/** The hand-over proposed for a key that the round lacks today. */
export function handOverFor({ ahead, now }: KeysView, { line }: NeededKey): HandOverView | null {
  return ahead.find(({ key, day }) => key === line.key && day === dateOf(now))?.hand_over ?? null;
}

/** What will be missing after today; of today the round's own list tells. */
export function aheadOf({ ahead, now }: KeysView): MissingRow[] {
  return ahead.filter(({ day }) => day > dateOf(now));
}

/** The keys that can be put back or handed over: hers, and not on their way already. */
export function atHand({ mine }: KeysView): KeyLine[] {
  return mine.filter(({ line }) => line.place !== 'given').map(({ line }) => line);
}

/** The cabinets with those first that the keys belong in. */
export function cabinetsFor(keys: readonly KeyLine[], cabinets: readonly string[]): { name: string; isOwn: boolean }[] {
  const owned = (name: string) => keys.filter(({ cabinet }) => cabinet === name).length;
  const names = [...new Set([...cabinets, ...keys.map(({ cabinet }) => cabinet)])].filter((name) => name !== '');
  return names.map((name) => ({ name, isOwn: owned(name) > 0 })).sort((a, b) => owned(b.name) - owned(a.name) || a.name.localeCompare(b.name, 'sv'));
}

/** The colleagues that a search finds, `likely` ones first; without a search those and who is at work, or all where that is nobody. */
export function colleaguesFor(colleagues: readonly Colleague[], text: string, likely: readonly Colleague[] = []): readonly Colleague[] {
  const sought = text.trim().toLocaleLowerCase('sv');
  const others = colleagues.filter(({ person }) => likely.every((each) => each.person !== person));
  if (sought !== '') return [...likely, ...others].filter(({ name }) => name.toLocaleLowerCase('sv').includes(sought));
  const atWork = others.filter(({ is_at_work }) => is_at_work);
  return [...likely, ...(atWork.length > 0 ? atWork : others)];
}

/** What a reminder says: a heading, and which keys. */
export function reminderWords({ why, is_over, tags }: KeyReminder): { title: string; detail: string } {
  const shift = is_over ? texts.reminderOver : texts.reminderShift;
  return { title: why === 'curfew' ? texts.reminderCurfew : shift, detail: texts.reminderKeys(tags.length, tags.join(', ')) };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
