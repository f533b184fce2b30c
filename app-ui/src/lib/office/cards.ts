import type { Attention } from '../api/generated';
import { clock } from '../time/format';
import { inSentence, texts } from './texts';
import { incidentKinds, notCarriedOutReasons, toldOutcomes, word } from '../words';

/** What a card under "Behöver dig" says, and where it leads. */
export interface Card {
  readonly tone: 'bad' | 'warn' | 'note' | 'plain';
  readonly title: string;
  readonly text: string;
  readonly leads: 'visit' | 'late' | 'incident';
}

/** A phone that was not heard for this long is said to be out of contact. */
const OUT_OF_CONTACT_SECONDS = 15 * 60;

const time = (instant: number | null): string => (instant === null ? '' : clock(instant));
const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(' · ');

export function card(attention: Attention, now: number): Card {
  const { kind, recipient, carer } = attention;
  const planned = time(attention.planned);
  const visit = { leads: 'visit' } as const;
  switch (kind) {
    case 'overdue':
      return { ...visit, tone: 'bad', title: texts.needOverdue(recipient, planned), text: overdueText(attention, now) };
    case 'late_untold':
      return {
        tone: 'warn',
        title: texts.needLate(recipient, planned, time(attention.expected)),
        text: attention.told ? texts.needLateTold(carer, inSentence(word(toldOutcomes, attention.told))) : texts.needLateUntold(carer),
        leads: 'late',
      };
    case 'asked_to_call':
      return {
        tone: 'warn',
        title: texts.needCall(recipient, planned, time(attention.expected)),
        text: texts.needCallHelp(carer),
        leads: 'late',
      };
    case 'clash':
      return { ...visit, tone: 'note', title: texts.needClash(recipient), text: joined(planned, texts.needClashHelp) };
    case 'dispute':
      return { ...visit, tone: 'note', title: texts.needDispute(recipient), text: joined(planned, texts.needDisputeHelp) };
    case 'begun_though_cancelled':
      return { ...visit, tone: 'note', title: texts.needBegunCancelled(recipient), text: texts.needBegunHelp(carer) };
    case 'plan_changed':
      return { ...visit, tone: 'note', title: texts.needPlanChanged(recipient), text: texts.needPlanChangedHelp(carer) };
    case 'begun_though_moved':
      return { ...visit, tone: 'note', title: texts.needBegunMoved(recipient), text: texts.needBegunHelp(carer) };
    case 'not_carried_out':
      return {
        ...visit,
        tone: 'plain',
        title: texts.needNotCarriedOut(recipient, planned),
        text: joined(attention.reason ? word(notCarriedOutReasons, attention.reason) : '', carer),
      };
    case 'unknown_recipient':
      return { ...visit, tone: 'note', title: texts.needUnknown(recipient), text: texts.needUnknownHelp(carer) };
    case 'decided':
      return { ...visit, tone: 'note', title: texts.needDecided(recipient), text: joined(planned, texts.needDecidedHelp(carer)) };
    case 'unstaffed':
      return { ...visit, tone: 'warn', title: texts.needUnstaffed(recipient, planned), text: texts.needUnstaffedHelp };
    case 'incident':
      return {
        tone: 'plain',
        title: texts.needIncident(attention.incident ? inSentence(word(incidentKinds, attention.incident)) : ''),
        text: joined(recipient, planned, carer),
        leads: 'incident',
      };
  }
}

function overdueText({ heard, carer }: Attention, now: number): string {
  if (heard === null) return texts.needOverdueNever(carer);
  if (now - heard > OUT_OF_CONTACT_SECONDS) return texts.needOverdueSilent(clock(heard), carer);
  return texts.needOverdueHeard(clock(heard), carer);
}

/** The reds first, then the ambers, the questions and the rest; within each as the device orders them. */
export function byUrgency<T extends Pick<Card, 'tone'>>(cards: readonly T[]): T[] {
  const rank = { bad: 0, warn: 1, note: 2, plain: 3 } as const;
  return [...cards].sort((a, b) => rank[a.tone] - rank[b.tone]);
}
