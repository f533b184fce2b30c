import { afterEach, expect, test } from 'vitest';

import { speak } from '../i18n/catalogue.svelte';
import { clock, dateOf, dayName, daysFrom, duration, fromLocal, minutesBetween, moment, parseTime, span, timestamp, toTheSecond } from './format';

const NINE = Date.UTC(2026, 10, 21, 8) / 1000;

afterEach(() => speak('sv'));

test('times are told in Stockholm, whatever the phone believes', () => {
  expect(clock(NINE)).toBe('09:00');
  expect(span(NINE, 45)).toBe('09:00–09:45');
});

test('a day is named in the language of the moment', () => {
  expect(dayName('2026-11-21')).toBe('Lördag 21 november');
  speak('en');
  expect(dayName('2026-11-21')).toMatch(/^Saturday,? 21 November$/);
});

test('a moment of another day says which', () => {
  expect(moment(NINE, '2026-11-21')).toBe('09:00');
  expect(moment(NINE, '2026-11-22')).toBe('lör 21 nov 09:00');
});

test('a moment of another year says which, in either language', () => {
  expect(moment(NINE, '2027-11-21')).toBe('lör 21 nov 2026 09:00');
  speak('en');
  expect(moment(NINE, '2027-01-01')).toBe('Sat 21 Nov 2026 09:00');
});

test('what is proven is told to the second, with its date where that does not go without saying', () => {
  expect(timestamp(NINE + 31)).toBe('2026-11-21 09:00:31');
  expect([toTheSecond(NINE + 31, '2026-11-21'), toTheSecond(NINE, '2025-11-21')]).toEqual(['09:00:31', '2026-11-21 09:00:00']);
});

test('a typed time is understood however it is written', () => {
  expect(['9.15', '915', '09:15', ' 9 15 ', '9,15'].map(parseTime)).toEqual(['09:15', '09:15', '09:15', '09:15', '09:15']);
  expect(['24:00', '9:60', '', 'nio', '1', '12345'].map(parseTime)).toEqual([null, null, null, null, null, null]);
});

test('a local time becomes the moment it means, in winter and in summer', () => {
  expect(fromLocal('2026-11-21', '09:00')).toBe(NINE);
  expect(clock(fromLocal('2026-07-01', '09:00'))).toBe('09:00');
});

test('the doubled hour in October means its first pass', () => {
  expect(fromLocal('2026-10-25', '02:30')).toBe(Date.UTC(2026, 9, 25, 0, 30) / 1000);
});

test('a night over the clock change keeps its date', () => {
  expect(dateOf(Date.UTC(2026, 9, 24, 22, 30) / 1000)).toBe('2026-10-25');
  expect(daysFrom('2026-10-25', 1)).toBe('2026-10-26');
});

test('durations are whole minutes and never negative', () => {
  expect(minutesBetween(NINE, NINE + 119)).toBe(1);
  expect(minutesBetween(NINE + 60, NINE)).toBe(0);
  expect([duration(18), duration(65)]).toEqual(['18 min', '1 h 05 min']);
});
