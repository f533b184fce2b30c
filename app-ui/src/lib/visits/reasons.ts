import type { NotCarriedOutReason, NotDoneReason } from '../api/generated';

/** Why an intervention was not done, the most usual first. */
export const notDoneKeys: readonly NotDoneReason[] = ['declined', 'not_needed', 'no_time', 'other'];

/** Why a visit was not carried out, the most usual first. */
export const notCarriedOutKeys: readonly NotCarriedOutReason[] = [
  'declined', 'nobody_opens', 'in_hospital', 'away', 'no_time', 'colleague_did_it',
];
