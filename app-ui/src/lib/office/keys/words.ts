// How what the device says of keys reads: where one is, what is odd about it, what someone did, what a count found.

import type { CountLine, KeyFactLine, KeyFlag, KeyLine, KeyNote, KeySide, LedgerQuery, LostStep, MissingRow } from '../../api/generated';
import { clock, dateOf, daysFrom, moment } from '../../time/format';
import { keyKinds, word } from '../../words';
import { deeds, keyFlags, lostSteps, shortDeeds, texts } from './texts';

type Tone = 'warn' | 'bad' | 'note' | 'plain';
/** A mark: its colour and its words. */
export interface Mark {
  readonly key: string;
  readonly tone: Tone;
  readonly word: string;
}

/** The steps of a lost key's case in order; the loss itself is the first. */
export const LOST_STEPS = ['lost', 'told', 'searched', 'reported', 'decided', 'replaced', 'closed'] as const;

const TONES: Readonly<Record<KeyFlag, Tone>> = {
  disputed: 'bad', order_unclear: 'note', returned_by_another: 'plain', in_another_cabinet: 'warn', taken_without_need: 'warn',
  unconfirmed: 'plain', out_overnight: 'warn', lost: 'bad', missing: 'bad', damaged: 'warn', lock_changed: 'note',
  same_tag: 'bad', clash: 'note', newer_fact: 'note',
};

/** What is odd about a copy, each as a mark. */
export function marks(line: Pick<KeyLine, 'flags' | 'lost_step' | 'lost_steps'>): Mark[] {
  return line.flags.map((flag) => ({
    key: flag,
    tone: TONES[flag] ?? 'note',
    word: flag === 'lost' && line.lost_step !== null ? texts.lostAt(line.lost_step, line.lost_steps) : word(keyFlags, flag),
  }));
}

/** Where a copy is, one's own cabinet with its hook. */
export function where(line: KeyLine): string {
  switch (line.place) {
    case 'cabinet':
      return texts.inPlace(line.where_text, line.where_text === line.cabinet ? line.hook : '');
    case 'with':
      return line.name;
    case 'given':
      return texts.gives(line.name, line.to_name);
    case 'received':
      return texts.received(line.to_name, line.name);
    case 'missing':
      return texts.missingIn(line.where_text);
    case 'lost':
      return texts.isLost;
    case 'lent':
      return texts.lentTo(line.where_text);
    case 'retired':
      return texts.retired;
    default:
      return line.where_text;
  }
}

/** What one side of a dispute says, after her name. */
export function sideWords({ what, at }: Pick<KeySide, 'what' | 'at'>, today: string): string {
  return `${word(shortDeeds, what)} ${near(at, today)}`;
}

/** What a key opens, and what kind it is where it is no home's. */
export function goesTo({ kind, homes }: Pick<KeyLine, 'kind' | 'homes'>): string {
  const kinds: Readonly<Record<string, string>> = { alarm: texts.alarm, entrance: texts.entrance, cabinet: texts.cabinetKey };
  return [...(kind === 'home' ? [] : [word(kinds, kind)]), ...homes].join(' · ');
}

/** A time near today: `08:10`, `i går 06:51`, `i morgon 07:30`, `ons 18 nov 15:40`, `tis 18 nov 2025 15:40`. */
export function near(at: number, today: string): string {
  const day = dateOf(at);
  if (day === daysFrom(today, -1)) return texts.yesterday(clock(at));
  if (day === daysFrom(today, 1)) return texts.tomorrow(clock(at));
  return moment(at, today);
}

/** What someone did, after her name. */
export function deed({ what, detail }: Pick<KeyFactLine, 'what' | 'detail'>): string {
  const said: Readonly<Record<string, ((where: string) => string) | undefined>> = deeds;
  const shown = what === 'lost_step' ? word(lostSteps, detail) : detail;
  return said[what]?.(shown) ?? [what, detail].filter((part) => part !== '').join(' ');
}

/** The next step of a lost copy's case; none when all are done. */
export function nextStep(done: readonly LostStep[]): LostStep | null {
  return LOST_STEPS.find((step): step is LostStep => step !== 'lost' && !done.includes(step)) ?? null;
}

/** A way to settle a dispute: what it is called, and the facts that then no longer hold. */
export interface Answer {
  readonly word: string;
  readonly facts: readonly string[];
}

/** The ways to settle a dispute: each side that can hold, those that overrule the same being one, and none of them. */
export function answers(sides: readonly KeySide[], today: string): Answer[] {
  const possible = sides.filter(({ overrules }) => overrules.length > 0);
  const right = possible.filter((side, index) => possible.findIndex((other) => isSame(other.overrules, side.overrules)) === index);
  const words = right.map(rightWords);
  const isTwice = (said: string) => words.indexOf(said) !== words.lastIndexOf(said);
  return [
    ...right.map((side) => {
      const said = rightWords(side);
      return { word: isTwice(said) ? texts.answerAt(said, near(side.at, today)) : said, facts: side.overrules };
    }),
    { word: texts.noneOfThem, facts: sides.map(({ fact }) => fact) },
  ];
}

/** What would no longer hold with an answer; empty where it goes without saying: the other of two sides, or all of them. */
export function struckWords({ facts }: Answer, sides: readonly KeySide[], history: readonly KeyFactLine[], today: string): string {
  const isNone = sides.every(({ fact }) => facts.includes(fact));
  const isOther = sides.length <= 2 && facts.every((fact) => sides.some((side) => side.fact === fact));
  if (isNone || isOther) return '';
  return history
    .filter(({ fact }) => facts.includes(fact))
    .sort((a, b) => a.at - b.at)
    .map((line) => `${line.name} ${sideWords(line, today)}`)
    .join(', ');
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((fact) => other.includes(fact));
}

/** How choosing a side is said: who had the key, that it hangs in its cabinet, or whose word it is. */
function rightWords({ by, what }: KeySide): string {
  switch (what) {
    case 'taken': case 'received': return texts.hadIt(by);
    case 'counted': return texts.hangsThere(by);
    case 'returned': return texts.putBack(by);
    default: return texts.isRight(by);
  }
}

/** Whether a person has a copy, or one of two. */
export function isHeld({ place }: Pick<KeyLine, 'place'>): boolean {
  return place === 'with' || place === 'given' || place === 'received';
}

/** What keeps a tag from being retired, copy by copy: who has it, or that its dispute is not settled. */
export function keepFromRetiring(copies: readonly KeyLine[]): string[] {
  return copies.flatMap((line) => {
    if (line.sides.length > 0) return [texts.retireDisputed(line.tag)];
    return isHeld(line) ? [texts.retireOut(line.tag, line.place === 'with' ? texts.hasItNow(line.name) : where(line))] : [];
  });
}

/** What a carer noted of a key. */
export function noteWords(note: KeyNote, today: string): string {
  const said = noted(note, today);
  return note.text === '' ? said : texts.noteText(said, note.text);
}

function noted({ what, at, for_name, alarmed_at }: KeyNote, today: string): string {
  switch (what) {
    case 'alarm': {
      const alarm = texts.noteAlarm(for_name);
      if (alarmed_at === null) return alarm;
      return `${alarm} ${dateOf(alarmed_at) === dateOf(at) ? texts.oClock(clock(alarmed_at)) : near(alarmed_at, today)}`;
    }
    case 'kept':
      return texts.noteKept;
    case 'unknown_tag':
      return texts.noteUnknownTag;
  }
}

/** Missing keys by day, the nearest first. */
export function byDay(rows: readonly MissingRow[]): { day: string; rows: MissingRow[] }[] {
  const days = [...new Set(rows.map(({ day }) => day))].sort();
  return days.map((day) => ({ day, rows: rows.filter((row) => row.day === day).sort((a, b) => a.start - b.start) }));
}

/** What a value of a key's register reads as; a place is two words in one. */
export function registerShown(register: string, value: string, shown: string): string {
  if (shown !== '') return shown;
  const parsed = json(value);
  if (register === 'place' && typeof parsed === 'object' && parsed !== null && 'cabinet' in parsed && 'hook' in parsed) {
    return texts.inPlace(String(parsed.cabinet), String(parsed.hook));
  }
  return typeof parsed === 'number' || typeof parsed === 'string' ? String(parsed) : texts.empty;
}

/** What someone wrote with what she did; of a choice the value. */
export function factWords({ what, detail, text }: Pick<KeyFactLine, 'what' | 'detail' | 'text'>): string {
  if (what !== 'chosen' || text === '') return text;
  const value = registerShown(detail, text, '');
  return detail === 'kind' ? word(keyKinds, value) : value;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Whether a count has to ask for a copy: by the log it hangs in this cabinet, or nobody knows where it is. What is
 * disputed is never asked for, also not once this count made it so.
 */
export function isAsked({ line, is_expected }: CountLine, cabinet: string): boolean {
  if (line.sides.length > 0) return false;
  return !is_expected || line.place === 'missing' || (line.place === 'cabinet' && line.where_text === cabinet);
}

/** How many copies a count has asked for and got an answer about, of how many: what it did not ask for is in neither. */
export function progress(lines: readonly CountLine[], cabinet: string): { counted: number; asked: number } {
  const asked = lines.filter((line) => isAsked(line, cabinet));
  return { counted: asked.filter(({ counted }) => counted !== null).length, asked: asked.length };
}

/** In what way a counted copy differs from the log. */
export type Difference = 'missing' | 'out' | 'wrong';

/** What a count found that is not as it should be; none if it is, or was not counted. */
export function difference({ line, is_expected, counted }: CountLine): Difference | null {
  if (counted === null) return null;
  if (!counted) return 'missing';
  if (line.sides.length > 0) return 'out';
  return is_expected ? null : 'wrong';
}

/** A number of copies from 1 to 20; null if it is none. */
export function readCopies(typed: string): number | null {
  const copies = /^\s*\d{1,2}\s*$/.test(typed) ? Number(typed) : 0;
  return copies >= 1 && copies <= 20 ? copies : null;
}

/** Whether a period begins after it ends. */
export function isBackwards({ from, to }: Pick<LedgerQuery, 'from' | 'to'>): boolean {
  return from !== null && to !== null && from > to;
}
