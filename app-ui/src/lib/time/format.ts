import { language } from '../i18n/catalogue.svelte';

const ZONE = 'Europe/Stockholm';
const clockFormat = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE, hour: '2-digit', minute: '2-digit' });
const secondsFormat = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE, hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dateFormat = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE, year: 'numeric', month: '2-digit', day: '2-digit' });

const dayFormats = {
  sv: new Intl.DateTimeFormat('sv-SE', { timeZone: 'UTC', weekday: 'long', day: 'numeric', month: 'long' }),
  en: new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', weekday: 'long', day: 'numeric', month: 'long' }),
};

/** `09:04`, local time. */
export function clock(seconds: number): string {
  return clockFormat.format(seconds * 1000);
}

/** `2026-11-21`, the local date. */
export function dateOf(seconds: number): string {
  return dateFormat.format(seconds * 1000);
}

/** `2026-11-21 09:04:31`, local time. */
export function timestamp(seconds: number): string {
  return `${dateOf(seconds)} ${secondsFormat.format(seconds * 1000)}`;
}

/** The time of day to the second, with its date where that is not the one given. */
export function toTheSecond(seconds: number, day: string): string {
  return dateOf(seconds) === day ? secondsFormat.format(seconds * 1000) : timestamp(seconds);
}

/** `09:00–09:45`. */
export function span(start: number, minutes: number): string {
  return `${clock(start)}–${clock(start + minutes * 60)}`;
}

/** `Lördag 21 november`. */
export function dayName(date: string): string {
  const text = dayFormats[language()].format(new Date(`${date}T00:00:00Z`));
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `lör 21 nov 09:04`, with its year where that is another, or only the time when it is of the day given. */
export function moment(seconds: number, today: string): string {
  const date = dateOf(seconds);
  if (date === today) return clock(seconds);
  const words = dayFormats[language()].formatToParts(new Date(`${date}T00:00:00Z`));
  const part = (type: string) => words.find((word) => word.type === type)?.value ?? '';
  const year = date.slice(0, 4) === today.slice(0, 4) ? '' : ` ${date.slice(0, 4)}`;
  return `${part('weekday').slice(0, 3)} ${part('day')} ${part('month').slice(0, 3)}${year} ${clock(seconds)}`;
}

/** Whole minutes, never negative. */
export function minutesBetween(from: number, to: number): number {
  return Math.max(0, Math.floor((to - from) / 60));
}

/** `18 min`, `1 h 05 min`. */
export function duration(minutes: number): string {
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** What a person typed as a time, `9.15`, `915` or `09:15`, as `09:15`; null if it is none. */
export function parseTime(text: string): string | null {
  const digits = /^(\d{1,2})[.:, ]?(\d{2})$/.exec(text.trim());
  const hours = Number(digits?.[1] ?? NaN);
  const minutes = Number(digits?.[2] ?? NaN);
  if (!(hours < 24) || !(minutes < 60)) return null;
  return `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
}

/** The moment of a local date and time; the earlier one where the clock shows it twice. */
export function fromLocal(date: string, time: string): number {
  const asUtc = Date.parse(`${date}T${time}:00Z`) / 1000;
  const offsets = [7200, 3600];
  const fits = offsets.find((offset) => dateOf(asUtc - offset) === date && clock(asUtc - offset) === time);
  return asUtc - (fits ?? 3600);
}

/** The date some days before or after another. */
export function daysFrom(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
