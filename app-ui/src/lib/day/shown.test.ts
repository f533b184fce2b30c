import { expect, test } from 'vitest';

import { aDay, at } from '../api/fake/world';
import { changeWords, marks, minutesBetween, restName } from './shown';

const [first] = aDay().visits;
const card = first?.card;
if (card === undefined) throw new Error('an empty day');

test('a done visit shows when she was there', () => {
  expect(marks(card)).toEqual([{ tone: 'ok', words: '07:04–07:26', isDone: true }]);
});

test('a clash and a dispute are named in words, not only in colour', () => {
  const words = marks({ ...card, flags: ['clash', 'begun_though_cancelled'] }).map(({ words }) => words);
  expect(words).toContain('Planen har två svar');
  expect(words).toContain('Påbörjat fast det är inställt');
});

test('a visit not carried out says why', () => {
  expect(marks({ ...card, state: 'not_carried_out', not_carried_out: 'in_hospital' })[0]?.words).toBe('Inte utfört: på sjukhus');
});

test('a change says what it was and what it is', () => {
  const change = { document: 'v', kind: 'moved', day: '2026-11-21', name: 'A', start_before: at('13:15'), start_now: at('13:45'), at: at('07:42'), by: 'Eva' } as const;
  expect(changeWords(change)).toBe('Flyttat från 13:15 till 13:45');
  expect(changeWords({ ...change, day: '2026-11-22', start_now: at('13:45') + 86_400 })).toBe('Flyttat från lör 21 nov 13:15 till 13:45');
  expect(changeWords({ ...change, kind: 'cancelled', start_now: null })).toBe('Inställt 13:15');
});

test('the time between two stops is what the plan gives to get there, and nothing is made up', () => {
  const before = { is: 'visit', ...card, start: at('09:00'), minutes: 45 } as const;
  const after = (start: string) => ({ ...before, start: at(start) });
  expect(minutesBetween(before, after('09:55'))).toBe(10);
  expect(minutesBetween(before, after('09:45'))).toBeNull();
  expect(minutesBetween(before, after('11:00'))).toBeNull();
  expect(minutesBetween(undefined, before)).toBeNull();
  expect(minutesBetween(before, { is: 'break', start: at('09:55'), minutes: 30, taken: [] })).toBeNull();
});

test('a long break is lunch in the middle of the day, and a break in the evening', () => {
  const named = (time: string, minutes: number) => restName({ start: at(time), minutes, taken: [] });
  expect([named('11:30', 30), named('11:30', 10), named('18:30', 30)]).toEqual(['Lunchrast', 'Rast', 'Rast']);
});
