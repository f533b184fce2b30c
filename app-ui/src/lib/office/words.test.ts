import { describe, expect, test } from 'vitest';

import type { Attention, BoardVisit } from '../api/generated';
import { byUrgency, card } from './cards';
import { described, mark } from './marks';
import { planLine, planValue, registerWord } from './plan';
import { minutesAhead, parseMinutes } from './times';

const NINE = Date.UTC(2026, 10, 21, 8) / 1000;

const visit: BoardVisit = {
  document: 'v', name: 'Gun Ahlin', short_name: 'Gun', start: NINE, minutes: 45, state: 'planned', segments: [],
  late: null, overdue: false, flags: [], double: false, not_carried_out: null,
};
const late = { expected: NINE + 900, reason: 'alarm', told: null, told_at: null, read_by: null, read_at: null } as const;

describe('a block', () => {
  test('shows each state by colour, sign and word', () => {
    expect(mark(visit)).toEqual({ tone: 'planned', sign: null, word: 'Planerat', asks: false });
    expect(mark({ ...visit, state: 'running' })).toMatchObject({ tone: 'now', sign: 'play' });
    expect(mark({ ...visit, late })).toMatchObject({ tone: 'late', sign: 'clock' });
    expect(mark({ ...visit, late, overdue: true })).toMatchObject({ tone: 'bad', sign: 'alert' });
    expect(mark({ ...visit, state: 'cancelled' })).toMatchObject({ tone: 'gone', sign: 'ban' });
  });

  test('asks when the office has something to decide', () => {
    expect(mark({ ...visit, state: 'running', flags: ['begun_though_moved'] })).toMatchObject({ tone: 'now', sign: 'ask', asks: true });
    expect(mark({ ...visit, flags: ['unplanned'] }).asks).toBe(false);
  });

  test('says all that it shows in words', () => {
    const running: BoardVisit = { ...visit, state: 'running', double: true, segments: [{ start: NINE + 120, end: null }] };
    expect(described(running)).toBe('Gun Ahlin, 09:00–09:45, Pågår, började 09:02, Dubbelbemannat');
    expect(described({ ...visit, late })).toBe('Gun Ahlin, 09:00–09:45, Blir sent, blir 09:15');
  });
});

describe('a card', () => {
  const attention: Attention = {
    kind: 'overdue', document: 'v', recipient: 'Rut Blom', carer: 'Jonas Wiklund', planned: NINE, expected: null,
    heard: NINE - 1800, told: null, reason: null, incident: null,
  };

  test('says whom to call when the phone is out of contact', () => {
    const shown = card(attention, NINE + 600);
    expect(shown.title).toBe('Rut Blom 09:00 inte startat');
    expect(shown.text).toBe('Ingen kontakt med telefonen sedan 08:30. Ring Jonas Wiklund.');
  });

  test('only names the carer when her phone was just heard', () => {
    expect(card({ ...attention, heard: NINE + 540 }, NINE + 600).text).toBe('Jonas Wiklund, telefonen hördes 09:09');
  });

  test('leads to what it speaks of', () => {
    expect(card({ ...attention, kind: 'late_untold', expected: NINE + 900 }, NINE).leads).toBe('late');
    expect(card({ ...attention, kind: 'incident', incident: 'theft' }, NINE)).toMatchObject({ leads: 'incident', title: 'Avvikelse: stöld' });
  });

  test('stands before what is less urgent', () => {
    expect(byUrgency([{ tone: 'plain' }, { tone: 'bad' }, { tone: 'warn' }]).map(({ tone }) => tone)).toEqual(['bad', 'warn', 'plain']);
  });
});

describe('a plan', () => {
  test('is told by the names of its parts', () => {
    expect(registerWord('slot/2')).toBe('Personal 2');
    expect(registerWord('later/thing')).toBe('Uppgift later/thing');
  });

  test('has words for what is empty', () => {
    expect(planValue('cancelled', '')).toBe('inte inställt');
    expect(planValue('slot/1', '')).toBe('Ingen än');
  });

  test('lists its changes as lines', () => {
    expect(planLine({ kind: 'moved', register: 'when', shown: '10:30–11:00' })).toBe('Flyttat: 10:30–11:00');
    expect(planLine({ kind: 'changed', register: 'slot/1', shown: '' })).toBe('Personal 1: Ingen än');
    expect(planLine({ kind: 'restored', register: 'cancelled', shown: '' })).toBe('Gäller igen');
  });
});

describe('what a person types', () => {
  test('is whole minutes within a day', () => {
    expect(['1', '45', '1440'].map(parseMinutes)).toEqual([1, 45, 1440]);
    expect(['0', '1441', '-5', '4.5', ''].map(parseMinutes)).toEqual([null, null, null, null, null]);
  });

  test('shows how far ahead a clock was that entered what was received before', () => {
    expect(minutesAhead({ entered: 90_000, received: 3_600 })).toBe(1440);
    expect(minutesAhead({ entered: 3_800, received: 3_600 })).toBe(0);
    expect(minutesAhead({ entered: 3_600, received: 90_000 })).toBe(0);
    expect(minutesAhead({ entered: 90_000, received: null })).toBe(0);
  });
});
