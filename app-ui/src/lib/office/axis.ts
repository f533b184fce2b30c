// Where things stand on the board's time axis. Pure; instants are seconds since 1970.

import type { Board, BoardRow, BoardVisit } from '../api/generated';

export interface Axis {
  from: number;
  to: number;
}

export interface Placed {
  visit: BoardVisit;
  /** Which of the row's lanes, from 0: visits that overlap lie under each other. */
  lane: number;
}

const HOUR = 3600;
const HOURS_SHOWN_MIN = 6;
/** A day with a night shift at both ends is shown whole; more would make every block too narrow to read. */
const HOURS_SHOWN_MAX = 30;
/** Widths of the characters of a block's text, in rem: the bold face at 0.75rem, rounded up. */
const CHARACTERS_REM: readonly (readonly [RegExp, number])[] = [[/[mwMW]/, 0.66], [/[ijlrtf.\-]/, 0.27], [/\p{Lu}/u, 0.5]];
const CHARACTER_REM = 0.42;
const BLOCK_PADDING_REM = 0.4;
/** A single letter may come nearer to the block's edge. */
const INITIAL_PADDING_REM = 0.2;

/** Whole hours from the day's first visit or shift to its last; on the day itself now is within. */
export function axis(board: Pick<Board, 'rows' | 'from' | 'is_today' | 'now'>): Axis {
  const instants = board.rows.flatMap(rowInstants);
  if (board.is_today && instants.length > 0) {
    const first = Math.min(...instants);
    const last = Math.max(...instants);
    // Before the first shift and long after the last one the line stays at the edge.
    instants.push(Math.min(Math.max(board.now, first - HOUR), last + HOUR));
  }
  if (instants.length === 0) return { from: board.from + 7 * HOUR, to: board.from + 16 * HOUR };
  const from = floorHour(Math.min(...instants), board.from);
  const to = ceilHour(Math.max(...instants), board.from);
  return { from, to: Math.min(Math.max(to, from + HOURS_SHOWN_MIN * HOUR), from + HOURS_SHOWN_MAX * HOUR) };
}

/** The axis's whole hours, its end left out. */
export function ticks(span: Axis): number[] {
  const hours = Math.round((span.to - span.from) / HOUR);
  return Array.from({ length: hours }, (_, hour) => span.from + hour * HOUR);
}

/** How far along the axis, in percent, never outside of it. */
export function along(span: Axis, instant: number): number {
  const part = (instant - span.from) / (span.to - span.from);
  return Math.min(Math.max(part, 0), 1) * 100;
}

export function hours(span: Axis): number {
  return (span.to - span.from) / HOUR;
}

/** The row's visits by time, each in the first lane that is free when it begins. */
export function lanes(visits: readonly BoardVisit[]): Placed[] {
  const free: number[] = [];
  return inOrder(visits).map((visit) => {
    const end = visit.start + visit.minutes * 60;
    const found = free.findIndex((until) => until <= visit.start);
    const lane = found === -1 ? free.length : found;
    free[lane] = end;
    return { visit, lane };
  });
}

export function inOrder(visits: readonly BoardVisit[]): BoardVisit[] {
  return [...visits].sort((a, b) => a.start - b.start || a.document.localeCompare(b.document));
}

/** What of a name fits into a block: `Maj-Britt`, `M-B`, `Kar.`, `K`, or nothing; so that no text is ever cut off. */
export function label(name: string, widthRem: number): string {
  const parts = name.split('-');
  const initials = parts.length > 1 ? [parts.map((part) => part.charAt(0)).join('-')] : [];
  const [whole = ''] = parts;
  const short = Array.from({ length: Math.max(0, whole.length - 2) }, (_, less) => `${whole.slice(0, whole.length - 1 - less)}.`);
  const fits = (text: string): boolean =>
    textRem(text) <= widthRem - (text.length > 1 ? BLOCK_PADDING_REM : INITIAL_PADDING_REM);
  return [name, ...initials, ...short, name.charAt(0)].find(fits) ?? '';
}

function textRem(text: string): number {
  const widths = [...text].map((character) => CHARACTERS_REM.find(([form]) => form.test(character))?.[1] ?? CHARACTER_REM);
  return widths.reduce((sum, width) => sum + width, 0);
}

export type Step = 'left' | 'right' | 'up' | 'down' | 'home' | 'end';

/** A block of the board. A double-staffed visit stands in two rows, so the visit alone does not name it. */
export interface Cell {
  row: string;
  visit: string;
}

export function rowKey(row: Pick<BoardRow, 'run_sheet' | 'person'>): string {
  return row.run_sheet ?? row.person ?? 'unstaffed';
}

/** The block that a key leads to: along the row, or to the nearest in time of the next row that has any. */
export function neighbour(rows: readonly BoardRow[], cell: Cell, step: Step): Cell | null {
  const at = rows.findIndex((row) => rowKey(row) === cell.row);
  const row = rows[at];
  if (!row) return firstCell(rows);
  const visits = inOrder(row.visits);
  const index = visits.findIndex((visit) => visit.document === cell.visit);
  const visit = visits[index];
  switch (step) {
    case 'left':
      return cellOf(row, visits[index - 1]);
    case 'right':
      return cellOf(row, visits[index + 1]);
    case 'home':
      return cellOf(row, visits[0]);
    case 'end':
      return cellOf(row, visits[visits.length - 1]);
    case 'up':
      return nearest(rows.slice(0, at).reverse(), visit);
    case 'down':
      return nearest(rows.slice(at + 1), visit);
  }
}

/** Where the keyboard stands: where it stood, else where the visit went, else at the first block. */
export function standing(rows: readonly BoardRow[], cell: Cell | null): Cell | null {
  if (!cell) return firstCell(rows);
  const holds = (row: BoardRow): boolean => row.visits.some((visit) => visit.document === cell.visit);
  const same = rows.find((row) => rowKey(row) === cell.row);
  if (same && holds(same)) return cell;
  const moved = rows.find(holds);
  return moved ? { row: rowKey(moved), visit: cell.visit } : firstCell(rows);
}

function firstCell(rows: readonly BoardRow[]): Cell | null {
  const row = rows.find((candidate) => candidate.visits.length > 0);
  return row ? cellOf(row, inOrder(row.visits)[0]) : null;
}

function cellOf(row: BoardRow, visit: BoardVisit | undefined): Cell | null {
  return visit ? { row: rowKey(row), visit: visit.document } : null;
}

function nearest(rows: readonly BoardRow[], from: BoardVisit | undefined): Cell | null {
  const row = rows.find((candidate) => candidate.visits.length > 0);
  if (!row || !from) return null;
  const [first, ...rest] = inOrder(row.visits);
  const best = rest.reduce<BoardVisit | undefined>(
    (near, visit) => (near && Math.abs(near.start - from.start) <= Math.abs(visit.start - from.start) ? near : visit),
    first,
  );
  return cellOf(row, best);
}

function rowInstants(row: BoardRow): number[] {
  const shift = row.shift_start === null ? [] : [row.shift_start, row.shift_start + row.shift_minutes * 60];
  return [...shift, ...row.visits.flatMap((visit) => [visit.start, visit.start + visit.minutes * 60])];
}

function floorHour(instant: number, midnight: number): number {
  return midnight + Math.floor((instant - midnight) / HOUR) * HOUR;
}

function ceilHour(instant: number, midnight: number): number {
  return midnight + Math.ceil((instant - midnight) / HOUR) * HOUR;
}

/** Whether a board of which so much is seen opens where the time is, and not where its day begins. */
export function opensAtNow(nowPx: number, seenPx: number): boolean {
  return nowPx > seenPx / 2;
}
