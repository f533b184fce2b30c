import type { PlanLine } from '../api/generated';
import { changeKinds, word } from '../words';
import { texts } from './texts';

/** What a register of a plan is called. */
export function registerWord(register: string): string {
  const [family = '', part = ''] = register.split('/');
  switch (family) {
    case 'when':
      return texts.registerWhen;
    case 'cancelled':
      return texts.registerCancelled;
    case 'recipient':
      return texts.recipient;
    case 'slot':
      return texts.carerOf(Number(part));
    case 'intervention':
      return texts.registerIntervention;
    default:
      return texts.registerOther(register);
  }
}

/** What a register holds; an empty one has a word of its own. */
export function planValue(register: string, shown: string): string {
  if (shown !== '') return shown;
  if (register === 'cancelled') return texts.notCancelled;
  return register.startsWith('slot/') ? texts.nobody : texts.empty;
}

/** A change of a plan as one line. */
export function planLine({ kind, register, shown }: Pick<PlanLine, 'kind' | 'register' | 'shown'>): string {
  if (kind === 'restored') return word(changeKinds, kind);
  if (kind === 'changed') return `${registerWord(register)}: ${planValue(register, shown)}`;
  return shown === '' ? word(changeKinds, kind) : `${word(changeKinds, kind)}: ${shown}`;
}
