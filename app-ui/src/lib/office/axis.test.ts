import { describe, expect, test } from 'vitest';

import type { BoardRow, BoardVisit } from '../api/generated';
import { along, axis, label, lanes, neighbour, opensAtNow, rowKey, standing, ticks } from './axis';

const HOUR = 3600;
const MIDNIGHT = 1_763_679_600;
const at = (time: string): number => {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return MIDNIGHT + hours * HOUR + minutes * 60;
};

function visit(document: string, time: string, minutes = 30): BoardVisit {
  return {
    document, name: document, short_name: document, start: at(time), minutes, state: 'planned', segments: [], late: null,
    overdue: false, flags: [], double: false, not_carried_out: null,
  };
}

function sheet(person: string | null, ...visits: BoardVisit[]): BoardRow {
  return {
    person, run_sheet: person, name: person ?? '', area: '', heard: null, silent: false, shift_start: null,
    shift_minutes: 0, worked: [], visits,
  };
}

describe('the axis', () => {
  const board = (rows: BoardRow[], now = at('09:22')) => ({ rows, from: MIDNIGHT, is_today: true, now });

  test('goes from the whole hour before the first visit to the one after the last', () => {
    const span = axis(board([sheet('anna', visit('a', '07:20'), visit('b', '15:40'))]));
    expect(span).toEqual({ from: at('07:00'), to: at('17:00') });
  });

  test('shows a shift that has no visits at its ends', () => {
    const row = { ...sheet('anna', visit('a', '09:00')), shift_start: at('07:00'), shift_minutes: 9 * 60 };
    expect(axis(board([row]))).toEqual({ from: at('07:00'), to: at('16:00') });
  });

  test('is a working day when nothing is planned', () => {
    expect(axis(board([]))).toEqual({ from: at('07:00'), to: at('16:00') });
  });

  test('never stretches to a now that is far from the day', () => {
    const span = axis(board([sheet('anna', visit('a', '07:00'), visit('b', '14:30'))], at('23:50')));
    expect(span.to).toBe(at('16:00'));
  });

  test('counts each hour once on the night when the clock goes back', () => {
    // 2026-10-24 23:00 UTC is 01:00 in Stockholm; the hour after 02:00 comes twice.
    const from = Date.UTC(2026, 9, 24, 23) / 1000;
    expect(ticks({ from, to: from + 4 * HOUR })).toHaveLength(4);
  });

  test('keeps what lies outside at its ends', () => {
    const span = { from: at('07:00'), to: at('17:00') };
    expect(along(span, at('12:00'))).toBe(50);
    expect(along(span, at('06:00'))).toBe(0);
    expect(along(span, at('18:00'))).toBe(100);
  });
});

describe('a row', () => {
  test('puts visits that overlap under each other and the next one back on top', () => {
    const placed = lanes([visit('c', '10:00'), visit('a', '09:00', 60), visit('b', '09:30')]);
    expect(placed.map(({ visit: { document }, lane }) => [document, lane])).toEqual([['a', 0], ['b', 1], ['c', 0]]);
  });

  test('says as much of a name as fits and never cuts one off', () => {
    expect(label('Gun', 3)).toBe('Gun');
    expect(label('Maj-Britt', 4.5)).toBe('Maj-Britt');
    expect(label('Maj-Britt', 2)).toBe('M-B');
    expect(label('Karin', 2)).toBe('Kar.');
    expect(label('Karin', 1.25)).toBe('K');
    expect(label('Margit', 0.94)).toBe('M');
    expect(label('Bo', 1.35)).toBe('Bo');
    expect(label('Gun', 0.6)).toBe('');
    expect(label('', 3)).toBe('');
  });
});

describe('the keyboard', () => {
  const rows = [
    sheet('anna', visit('a1', '08:00'), visit('both', '09:00')),
    sheet('empty'),
    sheet('bob', visit('b1', '08:10'), visit('both', '09:00')),
    sheet(null, visit('n1', '13:00')),
  ];

  test('goes along a row and stops at its ends', () => {
    expect(neighbour(rows, { row: 'anna', visit: 'a1' }, 'right')).toEqual({ row: 'anna', visit: 'both' });
    expect(neighbour(rows, { row: 'anna', visit: 'both' }, 'right')).toBeNull();
    expect(neighbour(rows, { row: 'anna', visit: 'both' }, 'home')).toEqual({ row: 'anna', visit: 'a1' });
  });

  test('goes down to the visit nearest in time, past rows without any', () => {
    expect(neighbour(rows, { row: 'anna', visit: 'a1' }, 'down')).toEqual({ row: 'bob', visit: 'b1' });
    expect(neighbour(rows, { row: 'anna', visit: 'both' }, 'down')).toEqual({ row: 'bob', visit: 'both' });
    expect(neighbour(rows, { row: 'bob', visit: 'both' }, 'down')).toEqual({ row: 'unstaffed', visit: 'n1' });
  });

  test('follows a visit that another person was given', () => {
    expect(standing(rows, { row: 'anna', visit: 'b1' })).toEqual({ row: 'bob', visit: 'b1' });
    expect(standing(rows, { row: 'anna', visit: 'gone' })).toEqual({ row: 'anna', visit: 'a1' });
    expect(standing([], null)).toBeNull();
  });

  test('knows the row of visits without staff', () => {
    expect(rowKey(sheet(null))).toBe('unstaffed');
  });
});

test('a morning opens at its beginning, an evening where the time is', () => {
  expect(opensAtNow(200, 560)).toBe(false);
  expect(opensAtNow(700, 560)).toBe(true);
});
