import type { BreakView, ChangeNotice, Stop, VisitCard } from '../api/generated';
import { clock, moment } from '../time/format';
import { lateWords, worked } from '../visits/shown';
import { changeKinds, notCarriedOutReasons, visitFlags, visitStates, word } from '../words';
import { texts } from './texts';

/** A longer time between two stops is no way to go but a gap in the day. */
const WAY_MINUTES_MAX = 30;

/** A break as long as this in the middle of the day is lunch; in the evening it is not. */
const LUNCH_MINUTES_MIN = 20;
const LUNCH = { from: '10:30', to: '14:30' } as const;

/** What a break is called. */
export function restName({ start, minutes }: BreakView): string {
  const at = clock(start);
  return minutes >= LUNCH_MINUTES_MIN && at >= LUNCH.from && at < LUNCH.to ? texts.lunch : texts.rest;
}

/** A mark beside a visit in the list. */
export interface Mark {
  readonly tone: 'ok' | 'warn' | 'bad' | 'note' | 'plain';
  readonly words: string;
  readonly isDone?: boolean;
}

/** What stands beside a visit: its state first, then what needs a look. */
export function marks(card: VisitCard): Mark[] {
  const found: Mark[] = [...state(card)];
  const isOver = card.state === 'done' || card.state === 'not_carried_out' || card.state === 'cancelled';
  if (card.late !== null && !isOver) found.push({ tone: 'warn', words: lateWords(card.late) });
  if (card.mark !== null && card.state !== 'cancelled') {
    found.push({ tone: 'note', words: texts.mark(word(changeKinds, card.mark.kind), clock(card.mark.at)) });
  }
  for (const flag of card.flags) {
    const isDisagreement = flag === 'clash' || flag === 'dispute';
    found.push({ tone: isDisagreement ? 'bad' : 'warn', words: word(visitFlags, flag) });
  }
  if (card.delivery === 'refused') found.push({ tone: 'bad', words: texts.notAccepted });
  return found;
}

function state(card: VisitCard): Mark[] {
  switch (card.state) {
    case 'done': return [{ tone: 'ok', words: worked(card), isDone: true }];
    case 'running': return [{ tone: 'ok', words: texts.running(worked(card).slice(0, 5)) }];
    case 'paused': return [{ tone: 'warn', words: texts.paused }];
    case 'cancelled': return [{ tone: 'bad', words: visitStates.cancelled }];
    case 'not_carried_out':
      return [{ tone: 'warn', words: card.not_carried_out === null ? visitStates.not_carried_out : texts.notCarriedOut(word(notCarriedOutReasons, card.not_carried_out).toLowerCase()) }];
    case 'planned': return [];
  }
}

/** A line of "changed while you were away". */
export function changeWords({ kind, day, start_before, start_now }: ChangeNotice): string {
  if (kind === 'new' && start_now !== null) return texts.changeNew(clock(start_now));
  if (kind === 'moved' && start_before !== null && start_now !== null) return texts.changeMoved(moment(start_before, day), clock(start_now));
  const when = start_now ?? start_before;
  return when === null ? word(changeKinds, kind) : texts.mark(word(changeKinds, kind), clock(when));
}

/** The minutes that the plan gives to get from one stop to the next; null where it gives none, or more than a way takes. */
export function minutesBetween(from: Stop | undefined, to: Stop): number | null {
  if (from === undefined || from.start === null || to.start === null || to.is === 'break') return null;
  const minutes = Math.round((to.start - from.start) / 60) - from.minutes;
  return minutes >= 1 && minutes <= WAY_MINUTES_MAX ? minutes : null;
}
