// What a person types as a time of day and a length.

/** How long a visit may be planned, as the device takes it. */
export const PLAN_MINUTES_MAX = 1440;

/** `930`, `9.30` and `09:30` are `09:30`; anything else is nothing. */
export function parseClock(typed: string): string | null {
  const found = /^\s*(\d{1,2})\s*[:.,]?\s*(\d{2})\s*$/.exec(typed);
  if (!found) return null;
  const [, hour = '', minute = ''] = found;
  if (Number(hour) > 23 || Number(minute) > 59) return null;
  return `${hour.padStart(2, '0')}:${minute}`;
}

/** Whole minutes from 1 to 1,440; anything else is nothing. */
export function parseMinutes(typed: string): number | null {
  const found = /^\s*(\d{1,4})\s*$/.exec(typed);
  const minutes = Number(found?.[1] ?? 0);
  return minutes >= 1 && minutes <= PLAN_MINUTES_MAX ? minutes : null;
}

/** The date so many days after; calendar days, so no clock change can move it. */
export function dateBeside(date: string, days: number): string {
  const noon = new Date(`${date}T12:00:00Z`);
  noon.setUTCDate(noon.getUTCDate() + days);
  return noon.toISOString().slice(0, 10);
}
