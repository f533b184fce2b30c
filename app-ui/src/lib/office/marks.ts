import type { BoardVisit, VisitFlag } from '../api/generated';
import { clock, span } from '../time/format';
import { flagTexts, inSentence, plannedTexts, texts } from './texts';
import { notCarriedOutReasons, visitStates, word } from '../words';

/** What a block looks like. */
export type Tone = 'planned' | 'done' | 'now' | 'late' | 'bad' | 'off' | 'gone';

/** The sign beside the name; a planned visit has none. */
export type Sign = 'check' | 'play' | 'pause' | 'clock' | 'alert' | 'cross' | 'ban' | 'ask';

/** How a visit's state shows: a colour, a sign and a word, never one alone. */
export interface Mark {
  readonly tone: Tone;
  readonly sign: Sign | null;
  readonly word: string;
  /** Whether the office has something to decide. */
  readonly asks: boolean;
}

const ASKING: readonly VisitFlag[] = [
  'begun_though_cancelled',
  'begun_though_moved',
  'begun_though_not_carried_out',
  'clash',
  'dispute',
  'unknown_recipient',
];

export function mark(visit: Pick<BoardVisit, 'state' | 'overdue' | 'late' | 'flags'>): Mark {
  const asks = visit.flags.some((flag) => ASKING.includes(flag));
  const state = markOfState(visit);
  return { ...state, sign: asks ? 'ask' : state.sign, asks };
}

function markOfState({ state, overdue, late }: Pick<BoardVisit, 'state' | 'overdue' | 'late'>): Omit<Mark, 'asks'> {
  switch (state) {
    case 'running':
      return { tone: 'now', sign: 'play', word: visitStates.running };
    case 'paused':
      return { tone: 'now', sign: 'pause', word: visitStates.paused };
    case 'done':
      return { tone: 'done', sign: 'check', word: visitStates.done };
    case 'not_carried_out':
      return { tone: 'off', sign: 'cross', word: visitStates.not_carried_out };
    case 'cancelled':
      return { tone: 'gone', sign: 'ban', word: visitStates.cancelled };
    case 'planned':
      if (overdue) return { tone: 'bad', sign: 'alert', word: plannedTexts.overdue };
      if (late) return { tone: 'late', sign: 'clock', word: plannedTexts.late };
      return { tone: 'planned', sign: null, word: visitStates.planned };
  }
}

/** All that a block says, for those who cannot see it, and in the line under the board. */
export function described(visit: BoardVisit): string {
  const [first] = visit.segments;
  const last = visit.segments[visit.segments.length - 1];
  const parts: string[] = [visit.name, span(visit.start, visit.minutes), mark(visit).word];
  if (visit.not_carried_out) parts.push(inSentence(word(notCarriedOutReasons, visit.not_carried_out)));
  if (visit.late && visit.state === 'planned') parts.push(texts.blockLate(clock(visit.late.expected)));
  if (first && last) {
    parts.push(
      last.end === null
        ? texts.startedAt(clock(first.start))
        : texts.worked(`${clock(first.start)}–${clock(last.end)}`),
    );
  }
  if (visit.double) parts.push(texts.doubleStaffed);
  return [...parts, ...visit.flags.map((flag) => word(flagTexts, flag))].join(', ');
}
