// The office's keys in memory: answers its commands about them and takes its intents, with undo.

import { DeviceError } from '../device';
import type {
  CabinetCount, ClashView, Colleague, Command, Done, ErrorCode, Intent, KeyBoard, KeyBoardRow, KeyCopyRef, KeyFactLine, KeyFilter,
  KeyFlag, KeyHomeView, KeyKind, KeyLine, KeyNote, KeySide, KeyView, LedgerFile, LedgerFormat, LedgerLine, LedgerQuery, LedgerView,
  LostStep, MissingRow, ReceiptText, RecipientView, SyncChip, TagView,
} from '../generated';
import { tagOf } from './keys';

const HOUR = 3600;
const DAY = 24 * HOUR;
const ROWS_MAX = 200;
const COPIES_MAX = 20;
const LOST_STEPS = 7;
const VAULT = '7c1f02a94be8d350';
const HASH = '9be4d10a6f27c8315de0b4a97c12f8e63ad59b07c4ef21d8860f7ba3952cd41e';
const TELEPHONE = '070-174 06 12';
const ME = { person: 'person-1', name: 'Eva Ström' };
const CABINETS = ['Fruängen', 'Hägerstensåsen', 'Västertorp'] as const;
const STREETS = ['Skidvägen', 'Störtloppsvägen', 'Personnevägen', 'Sedelvägen', 'Fruängsgatan', 'Vattenledningsvägen'];
const PEOPLE = ['Anna Karlsson', 'Jonas Wiklund', 'Erik Lind', 'Mehret Tesfaye', 'Sara Berg', 'Fatima Omar', 'Ali Hassan'];
const NEEDS_OFFICE: readonly KeyFlag[] = [
  'disputed', 'order_unclear', 'in_another_cabinet', 'taken_without_need', 'out_overnight', 'lost', 'missing', 'damaged',
  'lock_changed', 'same_tag', 'clash', 'newer_fact',
];
/** What stays with a copy wherever it goes, until the office ends it. */
const LASTING: readonly KeyFlag[] = ['damaged', 'lock_changed'];
/** What is not taken back by an undo. */
const FINAL: readonly Intent['do'][] = ['settle', 'choose'];

interface FakeKey {
  key: string;
  tag: string;
  kind: KeyKind;
  cabinet: string;
  hook: string;
  copies: KeyLine[];
  /** With those that it opens no more. */
  homes: KeyHomeView[];
  clashes: ClashView[];
  history: KeyFactLine[];
  nextName: string;
  nextAt: number | null;
}

interface Kept {
  keys: FakeKey[];
  curfew: string | null;
}

const person = (name: string): string => `carer-${PEOPLE.indexOf(name)}`;

/** A made-up unit's keys, with each thing that the office has to decide on. */
export class FakeKeyBoard {
  #kept: Kept;
  #before = new Map<string, Kept>();
  #actions = 0;
  readonly #date: string;
  readonly #now: () => number;
  readonly #recipient: (document: string) => RecipientView | undefined;
  readonly #notes: KeyNote[];

  constructor(date: string, now: () => number, recipient: (document: string) => RecipientView | undefined) {
    this.#date = date;
    this.#now = now;
    this.#recipient = recipient;
    this.#kept = { keys: theKeys(now()), curfew: '21:30' };
    this.#notes = theNotes(now());
  }

  /** Answers a command about keys; `undefined` when it is none. */
  answer(command: string, args: unknown, sync: SyncChip): unknown {
    const call = { command, args } as Command;
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- all else is the others'
    switch (call.command) {
      case 'key_board':
        return this.#board(call.args.filter, call.args.text, sync);
      case 'ledger':
        return this.#ledger(call.args.query);
      case 'export_ledger':
        return this.#export(call.args);
      case 'key':
        return this.#view(this.#key(call.args.key));
      case 'cabinet':
        return this.#cabinet(call.args.cabinet, call.args.since);
      case 'find_tag':
        return this.#findTag(call.args.text);
      case 'act':
        return this.#act(call.args.intent);
      case 'undo':
        return this.#undo(call.args.action);
      default:
        return undefined;
    }
  }

  #board(filter: KeyFilter, text: string, sync: SyncChip): KeyBoard {
    const missing = this.#missing();
    const isIn = (line: KeyLine, which: KeyFilter): boolean => {
      switch (which) {
        case 'needs_office':
          return line.flags.some((flag) => NEEDS_OFFICE.includes(flag));
        case 'out':
          return line.person !== null || line.place === 'lent';
        case 'in_cabinet':
          return line.place === 'cabinet' && line.sides.length === 0;
        case 'missing_ahead':
          return missing.some(({ key }) => key === line.key);
        case 'lost':
          return line.flags.includes('lost') || line.flags.includes('missing');
        case 'all':
          return true;
      }
    };
    const rows: KeyBoardRow[] = this.#kept.keys.flatMap((key) =>
      key.copies.map((line) => ({ line, next_name: key.nextName, next_at: key.nextAt })),
    );
    const words = text.toLowerCase().split(/\s+/).filter((each) => each !== '');
    const names = (line: KeyLine) => this.#key(line.key).homes.map(({ name }) => name);
    const has = (line: KeyLine) => {
      const sides = line.sides.map(({ by }) => by);
      const all = [line.tag, line.name, line.to_name, line.where_text, ...sides, ...line.homes, ...names(line)].join(' ').toLowerCase();
      return words.every((each) => all.includes(each));
    };
    const counted = (which: KeyFilter) => rows.filter(({ line }) => isIn(line, which)).length;
    const found = rows.filter(({ line }) => isIn(line, filter) && has(line));
    const isAhead = filter === 'missing_ahead';
    const shown = isAhead ? [] : found;
    return {
      counts: {
        needs_office: counted('needs_office'), out: counted('out'), in_cabinet: counted('in_cabinet'),
        missing_ahead: missing.length, lost: counted('lost'), all: rows.length,
      },
      rows: shown.slice(0, ROWS_MAX),
      more: Math.max(0, shown.length - ROWS_MAX),
      missing: isAhead ? missing.filter(({ key }) => found.some(({ line }) => line.key === key)) : [],
      cabinets: [...CABINETS],
      colleagues: PEOPLE.map((name, index): Colleague => ({ person: person(name), name, is_at_work: index < 4 })),
      units: [{ unit: 'unit-1', name: 'Västertorp' }],
      curfew: this.#kept.curfew,
      notes: this.#notes,
      sync,
    };
  }

  #view(key: FakeKey): KeyView {
    const { tag, kind, cabinet, hook, clashes } = key;
    const copies = key.copies.map((line) => ({ ...line, sides: line.sides.map((side) => ({ ...side, overrules: others(line.sides, side) })) }));
    const notes = this.#notes.filter((note) => note.key === key.key);
    const homes = [...key.homes].sort((a, b) => Number(a.recipient === null) - Number(b.recipient === null));
    const history = [...key.history].reverse().sort((a, b) => b.at - a.at);
    const is_retired = copies.every(({ place }) => place === 'retired');
    return { key: key.key, tag, kind, cabinet, hook, copies, homes, clashes, history, notes, is_retired, may_change: true };
  }

  #cabinet(cabinet: string, since: number): CabinetCount {
    const lines = this.#kept.keys.flatMap((key) =>
      key.copies
        .filter((line) => line.place !== 'retired')
        .flatMap((line) => {
          const is = ({ what, copy, detail, is_void }: KeyFactLine) => ['counted', 'missing'].includes(what) && copy === line.copy && detail === cabinet && !is_void;
          const count = key.history.filter((fact) => is(fact) && fact.at >= since).at(-1);
          const is_expected = line.cabinet === cabinet;
          const isHere = (line.place === 'cabinet' || line.place === 'missing') && line.where_text === cabinet;
          if (!is_expected && !isHere && count === undefined) return [];
          return [{ line, is_expected, counted: count ? count.what === 'counted' : null }];
        }),
    );
    lines.sort((a, b) => Number(a.line.hook) - Number(b.line.hook));
    return { cabinet, lines, counted_at: this.#now() - 6 * DAY, counted_by: 'Sara Berg' };
  }

  #findTag(text: string): TagView {
    const tag = text.trim().toUpperCase();
    if (!/^[A-ZÅÄÖ0-9-]{1,16}(\/\d+)?$/.test(tag)) return { is: 'no_tag' };
    const all = this.#kept.keys.flatMap(({ copies }) => copies);
    return tagOf(all, tag);
  }

  /** Two keys will be missing: one tomorrow, one in three days. */
  #missing(): MissingRow[] {
    const rows: MissingRow[] = [];
    const overnight = this.#kept.keys.find(({ tag }) => tag === 'V-131');
    const lost = this.#kept.keys.find(({ tag }) => tag === 'H-212');
    const row = (key: FakeKey, days: number, name: string, hour: number, more: Partial<MissingRow>): MissingRow => ({
      key: key.key, tag: key.tag, day: dayOf(this.#date, days), person: person(name), name, visit: `visit-${key.key}`,
      visit_name: key.homes.find(({ recipient }) => recipient !== null)?.name ?? '', start: midnight(this.#now()) + days * DAY + hour * HOUR, holder_name: '', hand_over: null, ...more,
    });
    if (overnight?.copies.some(({ place }) => place === 'with')) {
      const hand_over = { from_name: 'Jonas Wiklund', telephone: TELEPHONE, at: midnight(this.#now()) + DAY + 7 * HOUR + 900, after: '', before: 'Rut Blom' };
      rows.push(row(overnight, 1, 'Anna Karlsson', 7.5, { holder_name: 'Jonas Wiklund', hand_over }));
    }
    if (lost?.copies.some(({ place }) => place === 'lost')) rows.push(row(lost, 3, 'Mehret Tesfaye', 10, {}));
    return rows;
  }

  #ledger(query: LedgerQuery): LedgerView {
    const lines = this.#lines(query);
    return { lines: lines.slice(0, 500), total: lines.length };
  }

  #export({ query, format }: { query: LedgerQuery; format: LedgerFormat }): LedgerFile {
    const path = `/home/eva/Hämtningar/nyckellogg-${this.#date}.${format}`;
    return { path, lines: this.#lines(query).length, digest: '3f9a1c0b77d24e58' };
  }

  #lines(query: LedgerQuery): LedgerLine[] {
    const names = [...PEOPLE.map((name) => ({ person: person(name), name })), ME];
    const name = names.find((each) => each.person === query.person)?.name;
    const keys = this.#kept.keys.filter(({ key }) => query.key === null || key === query.key);
    const all = keys.flatMap((key) => key.history.map((fact): LedgerLine => {
      const { what, copy, entered_by, at, clock, received_at, detail, text, is_void } = fact;
      return { key: key.key, tag: key.tag, fact: fact.fact, name: fact.name, what, copy, entered_by, at, clock, received_at, vault: VAULT, hash: HASH, detail, text, is_void };
    }));
    return all
      .filter((line) => query.person === null || line.name === name)
      .filter((line) => query.cabinet === null || line.detail === query.cabinet)
      .filter((line) => (query.from === null || iso(line.at) >= query.from) && (query.to === null || iso(line.at) <= query.to))
      .sort((a, b) => b.at - a.at);
  }

  #act(intent: Intent): Done | undefined {
    const before = structuredClone(this.#kept);
    const began = this.#does(intent);
    if (began === undefined) return undefined;
    const action = `key-action-${++this.#actions}`;
    const can_undo = !FINAL.includes(intent.do);
    if (can_undo) this.#before.set(action, before);
    return { action, began, can_undo };
  }

  #undo(action: string): Done | undefined {
    const before = this.#before.get(action);
    if (before === undefined) return undefined;
    this.#kept = before;
    return { action: `undo-${action}`, began: null, can_undo: false };
  }

  /** What an action began; `undefined` when it is not about keys. */
  #does(intent: Intent): string | null | undefined {
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- all else is the others'
    switch (intent.do) {
      case 'settle':
        return this.#settle(intent.document, intent.facts, intent.text);
      case 'choose': {
        const key = this.#kept.keys.find((each) => each.key === intent.document);
        if (key === undefined) return undefined;
        key.clashes = key.clashes.filter(({ register }) => register !== intent.register);
        this.#flag(key, (line) => line.flags.filter((flag) => flag !== 'clash'));
        return null;
      }
      case 'take_keys':
        if (intent.keys.some((each) => this.#key(each.key).kind === 'alarm') && intent.text.trim() === '') throw failure('bad_input', 'alarm');
        return this.#each(intent.keys, 'taken', (line) => line.cabinet, intent.text, (line) => with_(line, ME.person, ME.name, ['taken_without_need']));
      case 'return_keys':
        return this.#each(intent.keys, 'returned', () => intent.cabinet, '', (line) => hung(line, intent.cabinet));
      case 'receive_keys': {
        const from = PEOPLE.find((name) => person(name) === intent.from) ?? '';
        return this.#each(intent.keys, 'received', () => from, '', (line) => {
          const isConfirmed = line.place === 'given' && line.person === intent.from && line.to === ME.person;
          if (isConfirmed) with_(line, ME.person, ME.name, []);
          else between(line, 'received', { person: intent.from, name: from }, ME);
        });
      }
      case 'give_keys': {
        const to_name = PEOPLE.find((name) => person(name) === intent.to) ?? '';
        return this.#each(intent.keys, 'given', () => to_name, '', (line) => {
          const isConfirmed = line.place === 'received' && line.person === ME.person && line.to === intent.to;
          if (isConfirmed) with_(line, intent.to, to_name, []);
          else between(line, 'given', ME, { person: intent.to, name: to_name });
        });
      }
      case 'report_key':
        return this.#report(intent);
      case 'count_cabinet': {
        const { cabinet } = intent;
        this.#each(intent.there, 'counted', () => cabinet, '', (line, fact) => {
          if (line.person === null && line.sides.length === 0) return hung(line, cabinet);
          const before = line.sides.length > 0 ? line.sides : [side(`${line.key}-taken`, line.name, 'taken', line.since ?? 0)];
          line.sides = [...before, side(fact.fact, ME.name, 'counted', fact.at)];
          line.flags = ['disputed', ...lasting(line)];
        });
        // What someone has, or two say that they have, is not there, and that is no news.
        return this.#each(intent.missing, 'missing', () => cabinet, '', (line) => {
          if (line.person === null && line.sides.length === 0) gone(line, 'missing', cabinet);
        });
      }
      case 'new_key':
        return this.#begin(intent);
      case 'change_key':
        return this.#change(intent);
      case 'set_key_curfew':
        if (intent.time !== null && !/^([01]\d|2[0-3]):[0-5]\d$/.test(intent.time)) throw failure('bad_input', 'time');
        this.#kept.curfew = intent.time;
        return null;
      default:
        return undefined;
    }
  }

  #settle(document: string, facts: readonly string[], text: string): null | undefined {
    const key = this.#kept.keys.find((each) => each.key === document);
    if (key === undefined) return undefined;
    for (const line of key.history) if (facts.includes(line.fact)) line.is_void = true;
    for (const line of key.copies) {
      if (!line.sides.some(({ fact }) => facts.includes(fact))) continue;
      const [right] = line.sides.filter(({ fact }) => !facts.includes(fact));
      const where = right?.what === 'counted' ? key.history.find(({ fact }) => fact === right.fact)?.detail : undefined;
      if (right?.what === 'taken') with_(line, person(right.by), right.by, []);
      else hung(line, where ?? line.cabinet);
      line.sides = [];
    }
    const stands = (flag: KeyFlag, of: KeyLine) => key.history.some(({ what, copy, is_void }) => what === flag && !is_void && (copy ?? of.copy) === of.copy);
    this.#flag(key, (line) => line.flags.filter((flag) => !LASTING.includes(flag) || stands(flag, line)));
    this.#tell(key, 'settled', null, '', text);
    return null;
  }

  #report({ key, report }: Extract<Intent, { do: 'report_key' }>): null {
    const text = 'text' in report ? report.text : '';
    switch (report.is) {
      case 'lost':
        return this.#each([key], 'lost', () => '', text, (line) => gone(line, 'lost', ''));
      case 'not_there':
        return this.#each([key], 'not_there', (line) => line.cabinet, text, (line) => gone(line, 'missing', line.cabinet));
      case 'damaged':
        return this.#each([key], 'damaged', () => '', text, (line) => { line.flags = [...new Set<KeyFlag>([...line.flags, 'damaged'])]; });
      case 'found': {
        const { cabinet } = report;
        return this.#each([key], 'found', () => cabinet ?? '', text, (line) => {
          if (cabinet === null) with_(line, ME.person, ME.name, []);
          else hung(line, cabinet);
        });
      }
    }
  }

  #begin(intent: Extract<Intent, { do: 'new_key' }>): string {
    const tag = intent.tag.trim().toUpperCase();
    if (!/^[A-ZÅÄÖ0-9-]{1,16}$/.test(tag)) throw failure('bad_input', 'tag');
    if (this.#kept.keys.some((key) => key.tag === tag)) throw failure('bad_input', 'tag_used');
    if (intent.cabinet.trim() === '') throw failure('bad_input', 'name');
    if (!isCopies(intent.copies)) throw failure('bad_input', 'copies');
    const key = aKey(`key-${tag}`, tag, intent.kind, intent.cabinet, intent.hook, intent.copies, this.#now());
    key.history = [];
    for (const recipient of intent.recipients) this.#opens(key, recipient, true);
    this.#kept.keys.unshift(key);
    return key.key;
  }

  #change({ key: id, change }: Extract<Intent, { do: 'change_key' }>): null {
    const key = this.#key(id);
    const ref = (copy: number): KeyCopyRef => ({ key: id, copy });
    switch (change.is) {
      case 'place':
        if (change.cabinet.trim() === '') throw failure('bad_input', 'name');
        Object.assign(key, { cabinet: change.cabinet, hook: change.hook });
        for (const line of key.copies) {
          Object.assign(line, { cabinet: change.cabinet, hook: change.hook });
          if (line.where_text === change.cabinet) line.flags = line.flags.filter((flag) => flag !== 'in_another_cabinet');
        }
        return null;
      case 'copies': {
        if (!isCopies(change.copies)) throw failure('bad_input', 'copies');
        if (key.history.some((fact) => isOfCustody(fact) && (fact.copy ?? 0) > change.copies)) throw failure('bad_input', 'copies_in_use');
        const fresh = aKey(id, key.tag, key.kind, key.cabinet, key.hook, change.copies, this.#now()).copies;
        key.copies = fresh.map((line, index) => ({ ...(key.copies[index] ?? line), tag: line.tag }));
        return null;
      }
      case 'home':
        this.#opens(key, change.recipient, change.opens);
        return null;
      case 'receipt':
        return this.#sign(key, change.home, change.receipt);
      case 'lent':
        return this.#each([ref(change.copy)], 'lent', () => change.to, '', (line) => gone(line, 'lent', change.to));
      case 'lost_step':
        return this.#each([ref(change.copy)], 'lost_step', () => change.step, change.text, (line) => {
          line.lost_done = [...line.lost_done, change.step];
          line.lost_step = Math.min(LOST_STEPS, line.lost_done.length + 1);
        });
      case 'lock_changed':
        this.#tell(key, 'lock_changed', null, '', change.text);
        this.#flag(key, (line) => [...new Set<KeyFlag>([...line.flags, 'lock_changed'])]);
        return null;
      case 'retired': {
        const { copy } = change;
        const refs = key.copies.filter((line) => copy === null || line.copy === copy).map((line) => ref(line.copy));
        return this.#each(refs, 'tag_retired', () => '', change.text, (line) => gone(line, 'retired', ''));
      }
    }
  }

  /** Opens a home, once; of one that it opens no more, what was signed stays. */
  #opens(key: FakeKey, recipient: string, opens: boolean): void {
    const known = key.homes.find((home) => home.recipient === recipient);
    const found = this.#recipient(recipient);
    if (opens && known === undefined && found) {
      key.homes.push({ home: `${key.key}-home-${this.#actions}`, recipient, name: found.name, address: found.address, receipts: [] });
    }
    if (!opens && known !== undefined) Object.assign(known, { recipient: null, name: '', address: '' } satisfies Partial<KeyHomeView>);
    key.homes = key.homes.filter((home) => home.recipient !== null || home.receipts.length > 0);
    for (const line of key.copies) line.homes = key.homes.flatMap(({ recipient: of, address }) => (of === null ? [] : [address]));
  }

  #sign(key: FakeKey, document: string, receipt: ReceiptText): null {
    const signed = key.homes.find(({ home }) => home === document);
    if (signed === undefined) throw failure('not_found');
    signed.receipts.push(receipt);
    return null;
  }

  #each(keys: readonly KeyCopyRef[], what: string, detail: (line: KeyLine) => string, text: string, change: (line: KeyLine, fact: KeyFactLine) => void): null {
    for (const { key: id, copy } of keys) {
      const key = this.#key(id);
      const line = key.copies.find((each) => each.copy === copy);
      if (line === undefined) throw failure('not_found');
      const fact = this.#tell(key, what, copy, detail(line), text);
      change(line, fact);
      if (!['damaged', 'lost_step'].includes(what)) line.since = this.#now();
    }
    return null;
  }

  #tell(key: FakeKey, what: string, copy: number | null, detail: string, text: string): KeyFactLine {
    const id = `${key.key}-${what}-${this.#actions}-${key.history.length}`;
    const fact = aFact(id, what, copy, ME.name, this.#now(), detail, text);
    key.history.push(fact);
    return fact;
  }

  #flag(key: FakeKey, flags: (line: KeyLine) => KeyFlag[]): void {
    for (const line of key.copies) line.flags = flags(line);
  }

  #key(id: string): FakeKey {
    const found = this.#kept.keys.find(({ key }) => key === id);
    if (found === undefined) throw failure('not_found');
    return found;
  }
}

function failure(code: ErrorCode, detail: string | null = null): DeviceError {
  return new DeviceError({ code, detail });
}

/** Whether a fact that holds speaks of where a copy is. */
function isOfCustody({ what, is_void }: KeyFactLine): boolean {
  return !is_void && !['damaged', 'lost_step'].includes(what);
}

function isCopies(copies: number): boolean {
  return Number.isInteger(copies) && copies >= 1 && copies <= COPIES_MAX;
}

const NOWHERE = { person: null, name: '', telephone: '', to: null, to_name: '', lost_step: null } as const;

function others(sides: readonly KeySide[], right: KeySide): string[] {
  return sides.filter((side) => side !== right).map(({ fact }) => fact);
}

function side(fact: string, by: string, what: string, at: number): KeySide {
  const is_me = by === ME.name;
  return { fact, by, telephone: is_me ? '' : TELEPHONE, is_me, what, at, overrules: [] };
}

function lasting({ flags }: KeyLine): KeyFlag[] {
  return flags.filter((flag) => LASTING.includes(flag));
}

function with_(line: KeyLine, holder: string, name: string, odd: readonly KeyFlag[]): void {
  const telephone = holder === ME.person ? '' : TELEPHONE;
  const flags = [...odd, ...lasting(line)];
  Object.assign(line, { ...NOWHERE, sides: [], lost_done: [], flags, place: 'with', where_text: '', person: holder, name, telephone } satisfies Partial<KeyLine>);
}

/** Handed over by one of two, and not confirmed by the other. */
function between(line: KeyLine, place: 'given' | 'received', from: typeof ME, to: typeof ME): void {
  const names = { person: from.person, name: from.name, to: to.person, to_name: to.name };
  Object.assign(line, { ...NOWHERE, ...names, sides: [], lost_done: [], flags: lasting(line), place, where_text: '', telephone: TELEPHONE } satisfies Partial<KeyLine>);
}

function hung(line: KeyLine, cabinet: string): void {
  const odd: readonly KeyFlag[] = cabinet === line.cabinet ? [] : ['in_another_cabinet'];
  const flags = [...odd, ...lasting(line)];
  Object.assign(line, { ...NOWHERE, sides: [], lost_done: [], flags, place: 'cabinet', where_text: cabinet } satisfies Partial<KeyLine>);
}

function gone(line: KeyLine, place: 'lost' | 'missing' | 'lent' | 'retired', where_text: string): void {
  const odd: readonly KeyFlag[] = place === 'lost' || place === 'missing' ? [place] : [];
  const flags = [...odd, ...(place === 'retired' ? [] : lasting(line))];
  Object.assign(line, { ...NOWHERE, sides: [], lost_done: [], flags, place, where_text, lost_step: place === 'lost' ? 1 : null } satisfies Partial<KeyLine>);
}

function aFact(fact: string, what: string, copy: number | null, name: string, at: number, detail: string, text = ''): KeyFactLine {
  return { fact, what, copy, name, entered_by: '', at, clock: at + 8, received_at: at + 10, detail, text, flags: [], is_void: false };
}

function aKey(key: string, tag: string, kind: KeyKind, cabinet: string, hook: string, copies: number, now: number, homes: KeyHomeView[] = []): FakeKey {
  const since = now - 2 * DAY + 7 * HOUR;
  const lines = Array.from({ length: copies }, (_, index): KeyLine => ({
    key, copy: index + 1, tag: copies > 1 ? `${tag}/${index + 1}` : tag, kind, homes: homes.map(({ address }) => address), cabinet, hook,
    ...NOWHERE, sides: [], flags: [], place: 'cabinet', where_text: cabinet, since, lost_steps: LOST_STEPS, lost_done: [], own_fact: null,
  }));
  const history = [
    aFact(`${key}-returned`, 'returned', 1, 'Sara Berg', since, cabinet),
    aFact(`${key}-taken-before`, 'taken', 1, 'Sara Berg', since - 8 * HOUR, cabinet),
  ];
  return { key, tag, kind, cabinet, hook, copies: lines, homes, clashes: [], history, nextName: '', nextAt: null };
}

function home(name: string, address: string): KeyHomeView {
  return { home: `key-home-${address}`, recipient: `home-${address}`, name, address, receipts: [] };
}

/** One note of each kind; the tag of the last is another unit's. */
function theNotes(now: number): KeyNote[] {
  const start = midnight(now);
  const note = (name: string, at: number, tag: string, more: Pick<KeyNote, 'key' | 'what'> & Partial<KeyNote>): KeyNote => ({
    fact: `note-${tag}`, at: start + at, name, tag, for_name: '', alarmed_at: null, text: '', ...more,
  });
  return [
    note('Erik Lind', 8 * HOUR + 600, 'L-004', { key: 'key-L-004', what: 'alarm', for_name: 'Nils Palm', alarmed_at: start + 8 * HOUR + 420 }),
    note('Jonas Wiklund', -2 * HOUR, 'V-131', { key: 'key-V-131', what: 'kept', text: 'Jag börjar hos henne i morgon.' }),
    note('Sara Berg', -3 * HOUR, 'S-017', { key: null, what: 'unknown_tag', text: 'Lade den i kuvertet till kontoret.' }),
  ];
}

/** The keys that the pictures show, then as many as three cabinets hold. */
function theKeys(now: number): FakeKey[] {
  const start = midnight(now);
  const at = (hours: number, minutes = 0) => start + hours * HOUR + minutes * 60;
  const made = (tag: string, cabinet: string, hook: string, name: string, address: string, kind: KeyKind = 'home', copies = 1) =>
    aKey(`key-${tag}`, tag, kind, cabinet, hook, copies, now, name === '' ? [] : [home(name, address)]);
  const first = (key: FakeKey): KeyLine => key.copies[0] as KeyLine;
  const out = (key: FakeKey, name: string, since: number, flags: KeyFlag[]) => {
    with_(first(key), person(name), name, flags);
    first(key).since = since;
    key.history.push(aFact(`${key.key}-taken`, 'taken', 1, name, since, key.cabinet));
    return key;
  };

  const disputed = made('V-095', 'Västertorp', '31', 'Karl Ahlin', 'Skidvägen 18');
  const taken = [['Anna Karlsson', at(6, 58)], ['Jonas Wiklund', at(6, 59)]] as const;
  disputed.history.push(...taken.map(([name, when], index) => aFact(`${disputed.key}-taken-${index}`, 'taken', 1, name, when, 'Västertorp')));
  Object.assign(disputed.history.at(-1) ?? {}, { clock: at(6, 59) + 31, received_at: at(8, 47) + 2 });
  first(disputed).sides = taken.map(([by, when], index) => side(`${disputed.key}-taken-${index}`, by, 'taken', when));
  Object.assign(first(disputed), { flags: ['disputed'], since: at(6, 58) } satisfies Partial<KeyLine>);
  Object.assign(disputed, { nextName: 'Jonas Wiklund', nextAt: at(13, 30) });

  const overnight = out(made('V-131', 'Västertorp', '32', 'Rut Blom', 'Bäckvägen 12'), 'Jonas Wiklund', at(-18, 51), ['out_overnight']);
  Object.assign(overnight, { nextName: 'Anna Karlsson', nextAt: at(11, 20) });
  const alarm = out(made('L-004', 'Västertorp', '1', 'Nils Palm', 'Störtloppsv. 30', 'alarm'), 'Erik Lind', at(8, 10), ['taken_without_need']);

  const given = made('H-219', 'Hägerstensåsen', '19', 'Maj Lund', 'Sedelvägen 3');
  between(first(given), 'received', ME, { person: person('Sara Berg'), name: 'Sara Berg' });
  first(given).since = at(8, 40);
  given.history.push(aFact(`${given.key}-received`, 'received', 1, 'Sara Berg', at(8, 40), ME.name));

  const lost = made('H-212', 'Hägerstensåsen', '12', 'Aino Hed', 'Sedelvägen 41');
  gone(first(lost), 'lost', '');
  const done: LostStep[] = ['told', 'searched'];
  Object.assign(first(lost), { since: at(-80, 40), lost_step: done.length + 1, lost_done: done } satisfies Partial<KeyLine>);
  lost.history.push(
    aFact(`${lost.key}-missing`, 'missing', 1, 'Eva Ström', at(-81, 40), 'Hägerstensåsen'),
    aFact(`${lost.key}-lost`, 'lost', 1, 'Eva Ström', at(-80, 40), '', 'Såg den senast i skåpet i tisdags.'),
    aFact(`${lost.key}-told`, 'lost_step', 1, 'Eva Ström', at(-79), 'told'),
    aFact(`${lost.key}-searched`, 'lost_step', 1, 'Mehret Tesfaye', at(-56), 'searched', 'Letat i bilen och i omklädningsrummet.'),
  );
  Object.assign(lost, { nextName: 'Mehret Tesfaye', nextAt: at(31, 30) });

  const wrong = made('V-140', 'Västertorp', '34', 'Gun Dahl', 'Bäckvägen 44');
  hung(first(wrong), 'Fruängen');
  Object.assign(wrong, { nextName: 'Anna Karlsson', nextAt: at(34, 20) });

  const clash = made('F-118', 'Fruängen', '18', 'Stig Ek', 'Fruängsgatan 9');
  const placed = (by: string, hook: string) => ({ by, at: at(-20), value: JSON.stringify({ cabinet: 'Fruängen', hook }), shown: '', fact: null });
  clash.clashes = [{ register: 'place', sides: [placed('Eva Ström', '18'), placed('Lars Thor', '81')] }];
  first(clash).flags = ['clash'];

  const two = made('F-122', 'Fruängen', '22', 'Sven Malm', 'Personnevägen 3', 'home', 2);
  first(two).flags = ['order_unclear'];
  const same = made('F-130', 'Fruängen', '30', 'Ulla Rask', 'Sedelvägen 7');
  const other = aKey('key-F-130-other', 'F-130', 'home', 'Hägerstensåsen', '77', 1, now, [home('Doris Falk', 'Personnevägen 12')]);
  for (const each of [same, other]) first(each).flags = ['same_tag'];
  const lent = made('P-010', 'Fruängen', '2', 'Per Sjö', 'Skidvägen 2', 'entrance');
  gone(first(lent), 'lent', 'Låsteknik AB');
  const retired = made('F-001', 'Fruängen', '1', '', '');
  gone(first(retired), 'retired', '');

  return [disputed, overnight, alarm, given, lost, wrong, clash, two, same, other, lent, retired, ...CABINETS.flatMap((cabinet, row) => many(cabinet, row, at, out, made))];
}

function many(
  cabinet: string,
  row: number,
  at: (hours: number, minutes?: number) => number,
  out: (key: FakeKey, name: string, since: number, flags: KeyFlag[]) => FakeKey,
  made: (tag: string, cabinet: string, hook: string, name: string, address: string) => FakeKey,
): FakeKey[] {
  const letter = cabinet.charAt(0);
  // The smallest cabinet is one that a test can count to its end.
  const size = cabinet === 'Fruängen' ? 5 : 110;
  return Array.from({ length: size }, (_, index) => {
    const number = 301 + index;
    const street = STREETS[(index + row) % STREETS.length] ?? '';
    const key = made(`${letter}-${number}`, cabinet, String(40 + index), `Elsa ${street.slice(0, 4)}${index}`, `${street} ${index + 1}`);
    const name = PEOPLE[index % PEOPLE.length] ?? '';
    return index % 4 === 3 ? out(key, name, at(6, 30 + (index % 25)), []) : key;
  });
}

function midnight(now: number): number {
  // The made-up day is a winter's: one hour ahead of UTC.
  return Math.floor((now + HOUR) / DAY) * DAY - HOUR;
}

function iso(at: number): string {
  return new Date((at + HOUR) * 1000).toISOString().slice(0, 10);
}

function dayOf(date: string, days: number): string {
  return new Date(Date.parse(`${date}T12:00:00Z`) + days * DAY * 1000).toISOString().slice(0, 10);
}
