import type { FactLine } from '../api/generated';
import * as lists from '../words';

const wordsOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  not_done: lists.notDoneReasons,
  not_carried_out: lists.notCarriedOutReasons,
  paused: lists.pauseCauses,
  begun: lists.unplannedCauses,
  other_time: lists.otherTimeKinds,
  late: lists.lateReasons,
  told: lists.toldOutcomes,
  submitted: lists.incidentKinds,
  text: lists.incidentKinds,
};

/** What a stored fact says, in one line: `Inte gjord: Dusch, ville inte`. */
export function describe({ kind, about, word, text }: FactLine): string {
  const reason = word === '' ? '' : lists.word(wordsOf[kind] ?? {}, word);
  const rest = [about, reason, text].filter((part) => part !== '').join(', ');
  const what = lists.word(lists.factKinds, kind);
  return rest === '' ? what : `${what}: ${rest}`;
}
