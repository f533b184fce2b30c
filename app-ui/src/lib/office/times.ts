// What a person types as a length, and what a phone's clock says of itself.

import type { FactLine } from '../api/generated';

/** How long a visit may be planned, as the device takes it. */
export const PLAN_MINUTES_MAX = 1440;
/** By how much two honest clocks may differ, in minutes. */
const CLOCKS_DIFFER = 5;

/** Whole minutes from 1 to 1,440; anything else is nothing. */
export function parseMinutes(typed: string): number | null {
  const found = /^\s*(\d{1,4})\s*$/.exec(typed);
  const minutes = Number(found?.[1] ?? 0);
  return minutes >= 1 && minutes <= PLAN_MINUTES_MAX ? minutes : null;
}

/** By how many minutes the phone's clock was ahead: a fact cannot have been received before it was entered. */
export function minutesAhead({ entered, received }: Pick<FactLine, 'entered' | 'received'>): number {
  if (received === null) return 0;
  const ahead = Math.floor((entered - received) / 60);
  return ahead > CLOCKS_DIFFER ? ahead : 0;
}
