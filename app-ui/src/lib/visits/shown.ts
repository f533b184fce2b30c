import type { CheckItem, ClashView, DecisionView, Delivery, LateMark, Partner, Side, VisitCard } from '../api/generated';
import { clock, span } from '../time/format';
import { factKinds, notCarriedOutReasons, notDoneReasons, word } from '../words';
import { texts } from './texts';

/** `Skidvägen 4, 2 tr`. */
export function place({ address, floor }: { address: string; floor: string }): string {
  return [address, floor].filter((part) => part !== '').join(', ');
}

/** `Dusch, frukost, bäddning`: a sentence of names. */
export function sentence(names: readonly string[]): string {
  const [first = '', ...rest] = names;
  return [first, ...rest.map((name) => name.charAt(0).toLowerCase() + name.slice(1))].join(', ');
}

/** When she was there, `07:04–07:26`, or since when. */
export function worked({ segments }: VisitCard): string {
  const first = segments[0];
  const last = segments.at(-1);
  if (first === undefined || last === undefined) return '';
  return last.end === null ? `${clock(first.start)}–` : `${clock(first.start)}–${clock(last.end)}`;
}

/** Whether she may still stand at the door: until something is done there. */
export function mayBeAtDoor({ state, done_items }: Pick<VisitCard, 'state' | 'done_items'>): boolean {
  return state === 'planned' || (state === 'running' && done_items === 0);
}

/** The planned time in words. */
export function plannedTime({ start, minutes }: VisitCard): string {
  return start === null ? texts.noPlannedTime : texts.planned(span(start, minutes));
}

/** A late notice in words: when, and whether the recipient knows. */
export function lateWords({ expected, told }: LateMark): string {
  const time = clock(expected);
  if (told === null) return texts.lateNotTold(time);
  const words = { told: texts.lateTold, no_answer: texts.lateNoAnswer, message_left: texts.lateMessage, office_asked: texts.lateOffice };
  return words[told](time);
}

/** Who at the office has opened it, if anyone. */
export function lateReadWords({ read_by, read_at }: LateMark): string {
  return read_by === null || read_at === null ? texts.lateNotRead : texts.readBy(read_by, clock(read_at));
}

/** What an intervention has come to, who said so and when; empty while it is open. */
export function stateWords(item: CheckItem): string {
  if (item.state === 'open') return '';
  if (item.state === 'disputed') return item.sides.map(statementWords).join(' · ');
  const when = item.at === null ? '' : item.by === null ? texts.byYou(clock(item.at)) : texts.byOther(clock(item.at), item.by);
  if (item.state === 'done') return when;
  const reason = item.text || (item.reason === null ? '' : word(notDoneReasons, item.reason).toLowerCase());
  return [texts.notDoneBecause(reason), when].filter((part) => part !== '').join(' · ');
}

/** What one side of a dispute says: `Fatima Nordin: inte gjord, ville inte`. */
export function statementWords({ by, value, shown }: Side): string {
  const reason = word({ ...notCarriedOutReasons, ...notDoneReasons }, shown).toLowerCase();
  return texts.sideSays(by, [word(factKinds, value).toLowerCase(), reason].filter((part) => part !== '').join(', '));
}

/** What one side of a clash put in the plan: `Eva Ström: 10:20–11:00`. */
export function planWords({ register }: ClashView, { by, shown }: Side): string {
  const nothing = register === 'cancelled' ? texts.notCancelled : texts.nobody;
  const cancelled = register === 'cancelled' && shown !== '' ? texts.cancelledSide(shown) : shown;
  return texts.sideSays(by || texts.imported, cancelled || nothing);
}

/** What is known of the other carer, always as of when. */
export function partnerWords({ given_name, state, at, heard, last_done, last_done_at }: Partner): { who: string; rest: string } {
  const who = { here: texts.partnerHere, away: texts.partnerAway, ended: texts.partnerEnded, unknown: texts.partnerUnknown }[state];
  const seen = heard ?? at;
  const asOfTime = state === 'unknown' ? texts.notSeen : texts.asOf;
  const asOf = seen === null ? texts.asOfNever : asOfTime(clock(seen));
  const did = last_done === null || last_done_at === null ? '' : texts.partnerDid(last_done, clock(last_done_at));
  return { who: who(given_name), rest: [asOf, did].filter((part) => part !== '').join(' ') };
}

/** What two values of a plan are about. */
export function clashAbout({ register }: ClashView): string {
  if (register === 'when') return texts.clashWhen;
  if (register.startsWith('slot/')) return texts.clashSlot;
  return register === 'cancelled' ? texts.clashCancelled : texts.clashOther;
}

/** What was decided: what holds now of a plan, or which intervention it was about. */
export function decisionAbout({ register, shown }: DecisionView): string {
  if (register === '') return shown || texts.theVisit;
  return shown === '' ? texts.decidedPlan : texts.decidedValue(shown);
}

/** How far what she did here has come. */
export function savedWords(savedAt: number, delivery: Delivery): string {
  if (delivery === 'refused') return texts.savedRefused;
  const words = { on_phone: texts.savedOnPhone, on_server: texts.savedOnServer, at_office: texts.savedAtOffice }[delivery];
  return words(clock(savedAt));
}
