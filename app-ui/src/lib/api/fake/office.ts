// The office's side of the fake device: answers its commands and takes its intents, with undo.

import { DeviceError, type Args, type Name } from '../device';
import type {
  Answers,
  Board,
  CheckItem,
  Command,
  Done,
  ErrorCode,
  FactLine,
  Intent,
  LateLine,
  PlanLine,
  RecipientView,
  SyncChip,
  VisitFacts,
} from '../generated';
import {
  changePlan,
  everyVisit,
  fakeBoard,
  fakeChoices,
  fakeDay,
  rowsOf,
  type FakeDay,
  type FakeVisit,
} from './officeDay';

const MINUTE = 60;
const OFFICE_PERSON = 'Eva Ström';
const PLAN_MINUTES_MAX = 1440;
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

/** What is not taken back by an undo. */
const FINAL: readonly Intent['do'][] = ['choose', 'settle', 'mark_read', 'adopt_refused', 'put_aside_refused'];

/** A made-up unit as an office desktop holds it. */
export class FakeOffice {
  #day: FakeDay;
  #before = new Map<string, { day: FakeDay; log: Map<string, PlanLine[]> }>();
  #log = new Map<string, PlanLine[]>();
  #notes = new Map<string, readonly string[]>();
  #actions = 0;
  readonly #date: string;

  constructor(date: string, midnight: number, now: number) {
    this.#date = date;
    this.#day = fakeDay(date, midnight, now);
  }

  /** Answers a command of the office; `undefined` when it is none of the office's. */
  answer<C extends Name>(command: C, args: Args<C>, sync: SyncChip): Answers[Name] | undefined {
    const call = { command, args } as Command;
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- all else is the handheld's
    switch (call.command) {
      case 'board':
        return this.#board(call.args.date, sync);
      case 'visit_facts':
        return this.#visitFacts(call.args.visit);
      case 'late_notices':
        return call.args.date === null || call.args.date === this.#date ? this.#day.lates : [];
      case 'incidents':
        return this.#day.incidents;
      case 'refused':
        return this.#day.refused;
      case 'find_recipient':
        return this.#findRecipient(call.args.text);
      case 'act':
        return this.#act(call.args.intent);
      case 'undo':
        return this.#undo(call.args.action);
      default:
        return undefined;
    }
  }

  #board(date: string | null, sync: SyncChip): Board {
    const days = [this.#other(-1), this.#date, this.#other(1)];
    if (date === null || date === this.#date) return fakeBoard(this.#day, sync, days);
    const shift = date < this.#date ? -1 : 1;
    const from = this.#day.midnight + shift * 24 * 60 * MINUTE;
    return {
      ...fakeBoard({ ...this.#day, rows: [], lates: [] }, sync, days),
      date,
      is_today: false,
      from,
      to: from + 24 * 60 * MINUTE,
    };
  }

  #visitFacts(document: string): VisitFacts {
    const visit = everyVisit(this.#day).get(document);
    if (!visit) throw failure('not_found');
    const rows = rowsOf(this.#day, document);
    const clash = visit.flags.includes('clash');
    return {
      visit,
      recipient: visit.recipient,
      address: visit.address,
      carers: rows.length > 0 ? rows.map((row) => row.name) : [null],
      carer_ids: rows.length > 0 ? rows.map((row) => row.person) : [null],
      items: items(visit, rows[0]?.name ?? null),
      facts: facts(visit, rows.map((row) => row.name), this.#notes.get(document) ?? []),
      clashes: clash
        ? [
            {
              register: 'when',
              sides: [
                { by: OFFICE_PERSON, at: visit.start - 900, value: 'a', shown: '10:30, 30 min', fact: null },
                { by: 'Import', at: visit.start - 800, value: 'b', shown: '11:00, 30 min', fact: null },
              ],
            },
          ]
        : [],
      disputes: visit.flags.includes('dispute')
        ? [
            {
              about: 'Dusch',
              sides: [
                { by: 'Linnea Sund', at: visit.start + 900, value: 'done', shown: '', fact: 'fact-shower-done' },
                { by: 'Ali Hassan', at: visit.start + 1000, value: 'not_done', shown: '', fact: 'fact-shower-not' },
              ],
            },
          ]
        : [],
      decisions: [],
      cancelled_reason: visit.cancelledReason,
      choices: fakeChoices(this.#day),
      plan_log: this.#log.get(document) ?? [],
      may_plan: true,
      stated_name: visit.statedName,
    };
  }

  /** A recipient by her document. */
  recipient(document: string): RecipientView | undefined {
    const found = [...everyVisit(this.#day).values()].find((visit) => visit.recipient === document);
    return found && recipientOf(found);
  }

  #findRecipient(text: string): RecipientView[] {
    const wanted = text.trim().toLowerCase();
    const found = [...everyVisit(this.#day).values()].filter(
      (visit) => visit.recipient !== null && visit.name.toLowerCase().includes(wanted),
    );
    return found.slice(0, 50).map(recipientOf);
  }

  #act(intent: Intent): Done | undefined {
    const before = { day: this.#day, log: new Map(this.#log) };
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- all else is the handheld's
    switch (intent.do) {
      case 'change_visit': {
        const visit = everyVisit(this.#day).get(intent.visit);
        if (!visit) throw failure('not_found');
        if (intent.change.is === 'when' && !isTime(intent.change.start, intent.change.minutes)) {
          throw failure('bad_input');
        }
        if (intent.change.is === 'cancel' && intent.change.reason.trim() === '') throw failure('bad_input');
        this.#day = changePlan(this.#day, intent.visit, intent.change);
        this.#remember(intent.visit, intent);
        break;
      }
      case 'choose':
        this.#edit(intent.document, (visit) => ({ ...visit, flags: visit.flags.filter((flag) => flag !== 'clash') }));
        break;
      case 'settle':
        this.#edit(intent.document, (visit) => ({ ...visit, flags: visit.flags.filter((flag) => flag !== 'dispute') }));
        break;
      case 'match_recipient': {
        const match = [...everyVisit(this.#day).values()].find((visit) => visit.recipient === intent.recipient);
        if (!match) throw failure('not_found');
        this.#edit(intent.visit, (visit) => ({
          ...visit,
          name: match.name,
          short_name: match.short_name,
          address: match.address,
          recipient: match.recipient,
          flags: visit.flags.filter((flag) => flag !== 'unknown_recipient'),
        }));
        break;
      }
      case 'tell':
        this.#edit(intent.visit, (visit) => ({
          ...visit,
          late: visit.late ? { ...visit.late, told: intent.outcome, told_at: this.#day.now } : null,
        }));
        this.#lates(intent.visit, (line) => ({
          ...line,
          told: intent.outcome,
          told_at: this.#day.now,
          told_by: OFFICE_PERSON,
        }));
        break;
      case 'adopt_refused':
        this.#decide(intent.refused, 'adopted', '');
        break;
      case 'put_aside_refused':
        this.#decide(intent.refused, 'put_aside', intent.text);
        break;
      case 'mark_read':
        this.#read(intent.document);
        break;
      case 'add_to_incident':
        this.#add(intent.incident, intent.text);
        break;
      default:
        return undefined;
    }
    this.#actions += 1;
    const action = `office-action-${this.#actions}`;
    this.#before.set(action, before);
    return { action, began: null, can_undo: !FINAL.includes(intent.do) };
  }

  /** Lets a note about a visit arrive from a phone. */
  noteArrives(document: string, text: string): void {
    this.#notes = new Map(this.#notes).set(document, [...(this.#notes.get(document) ?? []), text]);
  }

  /** Lets another late notice for a visit arrive from a phone. */
  lateArrives(document: string): void {
    this.#lates(document, (line) => ({ ...line, fact: `${line.fact}-again`, expected: line.expected + 600, read_by: null, read_at: null }));
  }

  #decide(document: string, state: 'adopted' | 'put_aside', text: string): void {
    const decided = { state, decided_by: OFFICE_PERSON, decided_at: this.#day.now, decided_text: text };
    const refused = this.#day.refused.map((line) => (line.document === document ? { ...line, ...decided } : line));
    this.#day = { ...this.#day, refused };
  }

  #undo(action: string): Done | undefined {
    const before = this.#before.get(action);
    if (!before) return undefined;
    this.#day = before.day;
    this.#log = before.log;
    this.#before.delete(action);
    return { action: `undo-${action}`, began: null, can_undo: false };
  }

  #edit(document: string, change: (visit: FakeVisit) => FakeVisit): void {
    this.#day = {
      ...this.#day,
      rows: this.#day.rows.map((row) => ({
        ...row,
        visits: row.visits.map((visit) => (visit.document === document ? change(visit) : visit)),
      })),
    };
  }

  #lates(visit: string, change: (line: LateLine) => LateLine): void {
    this.#day = { ...this.#day, lates: this.#day.lates.map((line) => (line.visit === visit ? change(line) : line)) };
  }

  #read(document: string): void {
    const read = { read_by: OFFICE_PERSON, read_at: this.#day.now };
    this.#lates(document, (line) => (line.read_by === null ? { ...line, ...read } : line));
    this.#day = {
      ...this.#day,
      incidents: this.#day.incidents.map((line) =>
        line.document === document && line.read_by === null ? { ...line, ...read } : line,
      ),
    };
  }

  #add(document: string, text: string): void {
    const base = { by: OFFICE_PERSON, own: true, at: this.#day.now, delivery: 'on_server', read_by: null, read_at: null } as const;
    this.#day = {
      ...this.#day,
      incidents: this.#day.incidents.map((line) =>
        line.document === document
          ? { ...line, additions: [...line.additions, { ...base, fact: `added-${line.additions.length}`, text }] }
          : line,
      ),
    };
  }

  #remember(document: string, intent: Extract<Intent, { do: 'change_visit' }>): void {
    const { change } = intent;
    const base = { by: OFFICE_PERSON, at: this.#day.now };
    const line: PlanLine =
      change.is === 'when'
        ? { ...base, kind: 'moved', register: 'when', shown: `${change.start}, ${change.minutes} min` }
        : change.is === 'carer'
          ? { ...base, kind: 'changed', register: `slot/${change.slot}`, shown: this.#nameOf(change.person) }
          : change.is === 'cancel'
            ? { ...base, kind: 'cancelled', register: 'cancelled', shown: change.reason }
            : { ...base, kind: 'restored', register: 'cancelled', shown: '' };
    this.#log = new Map(this.#log).set(document, [...(this.#log.get(document) ?? []), line]);
  }

  #nameOf(person: string | null): string {
    return fakeChoices(this.#day).find((choice) => choice.person === person)?.name ?? '';
  }

  #other(days: number): string {
    return new Date(Date.parse(`${this.#date}T12:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
  }
}

function failure(code: ErrorCode): DeviceError {
  return new DeviceError({ code, detail: null });
}

function isTime(start: string, minutes: number): boolean {
  return TIME.test(start) && Number.isInteger(minutes) && minutes >= 1 && minutes <= PLAN_MINUTES_MAX;
}

function recipientOf(visit: FakeVisit): RecipientView {
  return {
    document: visit.recipient ?? '',
    name: visit.name,
    full_name: visit.name,
    address: visit.address,
    floor: '2 tr',
    area: 'Västertorp',
    telephone: '08-465 00 12',
    language: 'svenska',
    next_of_kin: [],
    contact_worker: '',
    keys: [],
    has_door_code: false,
    ring_first: false,
    good_to_know: [],
    overnight_fast_hours_max: null,
    alarm_only: false,
    wishes: [],
  };
}

function items(visit: FakeVisit, carer: string | null): CheckItem[] {
  const names = [
    { key: 'OMV01', name: 'Morgonhjälp', group: 'personal_care', how: 'Kläderna ligger framme på stolen' },
    { key: 'OMV04', name: 'Dusch', group: 'personal_care', how: '' },
    { key: 'HSL01', name: 'Medicin', group: 'health_task', how: 'Ur dosett, morgon' },
  ] as const;
  const done = visit.state === 'done';
  const running = visit.state === 'running' || visit.state === 'paused';
  return names.map((item, index) => {
    const isDone = done || (running && index === 0);
    const disputed = visit.flags.includes('dispute') && item.key === 'OMV04';
    return {
      ...item,
      state: disputed ? 'disputed' : isDone ? 'done' : 'open',
      extra: false,
      by: isDone ? carer : null,
      at: isDone ? visit.start + (index + 1) * 6 * MINUTE : null,
      reason: null,
      text: '',
      own_facts: [],
      sides: [],
    };
  });
}

function facts(visit: FakeVisit, carers: readonly string[], notes: readonly string[]): FactLine[] {
  const by = carers[0] ?? 'Erik Lind';
  const line = (kind: string, at: number, more: Partial<FactLine> = {}): FactLine => ({
    fact: `${visit.document}-${kind}-${at}`,
    document: visit.document,
    title: visit.name,
    kind,
    about: '',
    word: '',
    text: '',
    by,
    on_behalf_of: null,
    at,
    at_reason: '',
    entered: at + 4,
    received: at + 9,
    superseded: false,
    ...more,
  });
  const lines: FactLine[] = [];
  const [segment] = visit.segments;
  if (segment) {
    lines.push(line('started', segment.start));
    lines.push(line('done', segment.start + 360, { about: 'Morgonhjälp' }));
    if (segment.end !== null) {
      lines.push(line('not_done', segment.start + 600, { about: 'Dusch', word: 'declined', superseded: true }));
      lines.push(line('withdrawn', segment.start + 640, { about: 'Dusch' }));
      lines.push(line('done', segment.start + 720, { about: 'Dusch' }));
      lines.push(line('note', segment.end - 60, { text: 'Ville inte ha gröt i dag, åt smörgås i stället.' }));
      lines.push(
        line('ended', segment.end, { at_reason: 'Glömde avsluta', entered: segment.end + 1260, received: null }),
      );
    }
  }
  if (visit.late) lines.push(line('late', visit.late.expected - 1500, { word: visit.late.reason }));
  if (visit.not_carried_out) lines.push(line('not_carried_out', visit.start + 480, { word: visit.not_carried_out }));
  lines.push(...notes.map((text, index) => line('note', visit.start + index, { text })));
  return lines.sort((a, b) => b.at - a.at);
}
