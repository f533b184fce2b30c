import type { DayView, FactLine, LatePreview, LatePreviewLine, LateVisit, MyRecord, RunSheetView, ShiftClosing, Stop, SyncChip, VisitCard, VisitView } from '../generated';
import { at, DATE, type FakeVisit, type World } from './world';

/** The chip at the top. */
export function chip(world: World): SyncChip {
  if (world.loading !== null) return { state: 'loading', unsent: 0, refused: 0, heard: null, percent: world.loading };
  const refused = refusals(world) - world.seenRefused;
  const unsent = world.sent.filter(({ delivery }) => delivery === 'on_phone').reduce((sum, { count }) => sum + count, 0);
  return { state: unsent > 0 || !world.online ? 'offline' : 'up_to_date', unsent, refused, heard: at('08:40'), percent: null };
}

/** How many of her acts were refused. */
export function refusals(world: World): number {
  return world.sent.filter(({ delivery }) => delivery === 'refused').length;
}

/** Her run sheet, with what she stated last of shift and break. */
function sheet(world: World): RunSheetView {
  const last = (family: string) => world.turns.filter(({ kind }) => kind.startsWith(family)).slice(-1);
  return {
    ...world.sheet, on_break: world.rest.taken.at(-1)?.end === null, own_facts: ['break', 'shift'].flatMap(last),
  };
}

/** The day's list with the break in its place. */
export function day(world: World, now: number, date: string | null): DayView {
  const isToday = date === null || date === DATE;
  const visits = isToday ? world.visits : [];
  const stops: Stop[] = [
    ...visits.map(({ card }): Stop => ({ is: 'visit', ...card })),
    ...(isToday ? [{ is: 'break' as const, ...world.rest }] : []),
  ].sort((a, b) => (a.start ?? 0) - (b.start ?? 0));
  const done = visits.filter(({ card }) => card.state === 'done' || card.state === 'not_carried_out').length;
  return {
    date: date ?? DATE, is_today: isToday, now, run_sheet: isToday ? sheet(world) : null, stops, running: underWay(world),
    next: visits.find(({ card }) => card.state === 'planned')?.card.document ?? null,
    done, total: visits.length, changes: world.changes, sync: chip(world), days: ['2026-11-20', DATE, '2026-11-22'],
  };
}

/** Her visits under way or paused. */
function underWay(world: World): VisitCard[] {
  return world.visits.map(({ card }) => card).filter(({ state }) => state === 'running' || state === 'paused');
}

/** A visit with everything that its screen shows. */
export function visit(world: World, now: number, each: FakeVisit): VisitView {
  const others = world.visits.filter(({ card }) => card.document !== each.card.document).map(({ card }) => card);
  return {
    card: each.card, now, good_to_know: each.goodToKnow, items: each.items, notes: each.notes,
    performed_seconds: each.card.segments.reduce((sum, { start, end }) => sum + (end ?? now) - start, 0),
    saved_at: each.facts[0]?.at ?? null, own_facts: each.facts,
    running: underWay(world).filter(({ document }) => document !== each.card.document),
    move_to: others.filter(({ state }) => state === 'planned'),
    clashes: each.clashes, disputes: each.disputes, decisions: [], cancelled_reason: each.cancelledReason, may_act: true,
  };
}

/** What a delay moves: each later visit that there is no slack for, until one holds. */
export function latePreview(world: World, first: string, minutes: number): LatePreview {
  const preview: LatePreview = { lines: [], not_affected: null, not_affected_start: null, break_start: null };
  let delay = minutes * 60;
  let free = 0;
  for (const { card } of world.visits.filter(({ card: { state, document } }) => state === 'planned' || document === first)) {
    const planned = card.start ?? 0;
    if (preview.lines.length === 0 && card.document !== first) continue;
    delay = preview.lines.length === 0 ? delay : Math.max(0, free - planned);
    if (delay === 0) return { ...preview, not_affected: card.name, not_affected_start: planned };
    const expected = planned + delay;
    free = expected + card.minutes * 60 + 6 * 60;
    if (planned < world.rest.start && free > world.rest.start) {
      preview.break_start = free;
      free += world.rest.minutes * 60;
    }
    preview.lines.push({
      visit: card.document, name: card.name, planned, expected, telephone: '08-465 00 00',
      overnight_fast_hours: card.name === 'Gun Ahlin' ? 12 : null, ...toldOf(card, expected),
    });
  }
  return preview;
}

/** The notices as they stand. */
export function lateStatus(world: World, visits: readonly LateVisit[]): LatePreview {
  const lines = visits.flatMap(({ visit: document, expected }) => {
    const card = world.visits.find(({ card: { document: id } }) => id === document)?.card;
    if (card === undefined) return [];
    const standing = card.late?.expected ?? expected;
    return [{
      visit: document, name: card.name, planned: card.start ?? 0, expected: standing, telephone: '08-465 00 00',
      overnight_fast_hours: card.name === 'Gun Ahlin' ? 12 : null, ...toldOf(card, standing),
    }];
  });
  return { lines, not_affected: null, not_affected_start: null, break_start: null };
}

/** What was told of a time says nothing of another one. */
function toldOf({ late }: VisitCard, expected: number): Pick<LatePreviewLine, 'told' | 'told_at'> {
  return late?.expected === expected ? { told: late.told, told_at: late.told_at } : { told: null, told_at: null };
}

/** What the end of the shift leaves open. */
export function closing(world: World): ShiftClosing {
  const cards = (test: (each: FakeVisit) => boolean) => world.visits.filter(test).map(({ card }) => card);
  return {
    running: cards(({ card }) => card.state === 'running' || card.state === 'paused'),
    open_items: world.visits.filter(({ card }) => card.state === 'done').flatMap(({ card, items }) => {
      const open = items.filter(({ state }) => state === 'open').map(({ name }) => name);
      return open.length === 0 ? [] : [{ card, items: open }];
    }),
    not_begun: cards(({ card }) => card.state === 'planned'),
    unsent: chip(world).unsent,
    waiting: world.sent.filter(({ delivery }) => delivery === 'on_phone' || delivery === 'refused'),
  };
}

/** All that is stored about her work. */
export function record(world: World, most: number): MyRecord {
  const lines = world.visits.flatMap(({ card, facts }) =>
    facts.map(({ fact, kind, at: when, about }): FactLine => ({
      fact, document: card.document, title: card.name, kind, about, word: '', text: '', by: 'Lena Åberg',
      on_behalf_of: null, at: when, at_reason: '', entered: when, received: null, superseded: false,
    })),
  );
  return { lines: lines.sort((a, b) => b.at - a.at).slice(0, most), total: lines.length, incident_kinds: [] };
}
