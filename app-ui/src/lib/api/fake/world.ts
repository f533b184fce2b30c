import type {
  App, BreakView, ChangeNotice, CheckItem, ClashView, DisputeView, DraftView, InterventionGroup, NoteView, Partner,
  RecipientView, RunSheetView, SyncItem, VisitCard, WishView, YourFact,
} from '../generated';
import { someKeys, type FakeKeys } from './keys';

/** A visit of the made-up day. */
export interface FakeVisit {
  card: VisitCard;
  items: CheckItem[];
  notes: NoteView[];
  facts: YourFact[];
  goodToKnow: string[];
  clashes: ClashView[];
  disputes: DisputeView[];
  cancelledReason: string | null;
}

/** All that the made-up device holds; plain values, so that a copy of it is an undo. */
export interface World {
  app: App;
  sheet: RunSheetView;
  /** Shift and break as she stated them, in order. */
  turns: YourFact[];
  rest: BreakView;
  visits: FakeVisit[];
  recipients: RecipientView[];
  changes: ChangeNotice[];
  drafts: DraftView[];
  sent: SyncItem[];
  keys: FakeKeys;
  /** How many of the refused acts she has seen. */
  seenRefused: number;
  online: boolean;
  /** Percent of the first sync, while it runs. */
  loading: number | null;
}

const MIDNIGHT = Date.UTC(2026, 10, 20, 23) / 1000;

/** The date of the made-up day. */
export const DATE = '2026-11-21';

/** A local time of that day. */
export function at(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return MIDNIGHT + hours * 3600 + minutes * 60;
}

const GROUPS: Readonly<Record<string, InterventionGroup>> = { Medicin: 'health_task' };

const HOW: Readonly<Record<string, string>> = {
  Dusch: 'Sittande. Hon tvättar håret själv.',
  Frukost: 'Gröt och kaffe. Sällskap vid bordet.',
  Medicin: 'Dosett i köksskåpet. Signera på listan.',
};

/** An intervention to tick. */
export function item(name: string): CheckItem {
  return {
    key: name.toLowerCase().replaceAll(' ', '_'), name, group: GROUPS[name] ?? 'personal_care', how: HOW[name] ?? '',
    state: 'open', extra: false, by: null, at: null, reason: null, text: '', own_facts: [], sides: [],
  };
}

const fatima: Partner = {
  name: 'Fatima Nordin', given_name: 'Fatima', state: 'unknown', at: null, heard: at('08:40'), last_done: null,
  last_done_at: null,
};

type Plan = {
  start: string; minutes: number; name: string; address: string; floor?: string; names: string[];
  done?: [string, string]; more?: Partial<VisitCard>; goodToKnow?: string[];
};

function visit(index: number, plan: Plan): FakeVisit {
  const items = plan.names.map(item);
  const segments = plan.done ? [{ start: at(plan.done[0]), end: at(plan.done[1]) }] : [];
  const finished = plan.done?.[1];
  if (finished !== undefined) {
    for (const each of items) Object.assign(each, { state: 'done', at: at(finished), own_facts: [`${index}-${each.key}`] });
  }
  return {
    card: {
      document: `visit-${index}`, recipient: `recipient-${index}`, name: plan.name, address: plan.address,
      floor: plan.floor ?? '', start: at(plan.start), minutes: plan.minutes, state: plan.done ? 'done' : 'planned', segments,
      interventions: plan.names, done_items: plan.done ? plan.names.length : 0, key: null, has_door_code: false,
      ring_first: false, partners: [], late: null, mark: null, flags: [], not_carried_out: null,
      delivery: plan.done ? 'at_office' : 'on_server', ...plan.more,
    },
    items,
    notes: [],
    facts: plan.done
      ? [
          { fact: `${index}-ended`, kind: 'ended', at: at(plan.done[1]), about: '' },
          { fact: `${index}-started`, kind: 'started', at: at(plan.done[0]), about: '' },
        ]
      : [],
    goodToKnow: plan.goodToKnow ?? [],
    clashes: [],
    disputes: [],
    cancelledReason: null,
  };
}

const PLANS: Plan[] = [
  { start: '07:05', minutes: 20, name: 'Sven Ekdahl', address: 'Personnev. 8', names: ['Morgonhjälp'], done: ['07:04', '07:26'] },
  { start: '07:30', minutes: 35, name: 'Karin Lindgren', address: 'Vattenledningsv. 12', names: ['Morgonhjälp', 'Frukost', 'Medicin'], done: ['07:32', '08:04'] },
  { start: '08:15', minutes: 25, name: 'Nils-Erik Boman', address: 'Störtloppsv. 30', names: ['Morgonhjälp', 'Tillsyn'], done: ['08:20', '08:41'] },
  {
    start: '09:00', minutes: 45, name: 'Maj-Britt Sandell', address: 'Skidvägen 4', floor: '2 tr',
    names: ['Dusch', 'Frukost', 'Medicin', 'Bäddning', 'Titta till huden'],
    goodToKnow: ['Hör dåligt på vänster öra.', 'Hunden heter Sigge.'],
    more: { key: { tag: 'V-117', kind: 'home', cabinet: 'Västertorp' }, has_door_code: true, ring_first: true, partners: [fatima] },
  },
  {
    start: '09:55', minutes: 15, name: 'Abdi Hersi', address: 'Personnev. 21', names: ['Medicin', 'Tillsyn'],
    more: { late: { expected: at('10:10'), reason: 'previous_visit', told: 'told', told_at: at('08:52'), read_by: 'Eva Ström', read_at: at('08:50') } },
  },
  { start: '10:20', minutes: 40, name: 'Gun Ahlin', address: 'Bäckvägen 44', names: ['Frukost', 'Påklädning'], more: { key: { tag: 'V-131', kind: 'home', cabinet: 'Västertorp' }, ring_first: true, mark: { kind: 'new', at: at('07:10') } } },
  { start: '12:10', minutes: 30, name: 'Stig Wallin', address: 'Skidvägen 19', names: ['Lunch', 'Tillsyn'] },
  { start: '12:50', minutes: 45, name: 'Aino Niemi', address: 'Bäckvägen 7', floor: '1 tr', names: ['Dusch', 'Tvätt'] },
  { start: '13:45', minutes: 20, name: 'Bertil Öberg', address: 'Störtloppsv. 2', names: ['Promenad'] },
  { start: '14:15', minutes: 20, name: 'Ingrid Falk', address: 'Personnev. 40', names: ['Medicin', 'Tillsyn'] },
  { start: '14:45', minutes: 25, name: 'Rune Dahl', address: 'Vattenledningsv. 3', names: ['Mellanmål', 'Tillsyn'] },
  { start: '15:20', minutes: 25, name: 'Elsa Holm', address: 'Skidvägen 31', names: ['Inköp'] },
];

function recipient(each: FakeVisit): RecipientView {
  const { card } = each;
  return {
    document: card.recipient ?? '', name: card.name, full_name: card.name, address: card.address, floor: card.floor,
    area: 'Västertorp', telephone: '08-465 00 00', language: 'svenska',
    next_of_kin: [{ name: 'Anna Exempel', relation: 'dotter', telephone: '070-174 06 00' }], contact_worker: 'Fatima Nordin',
    keys: card.key ? [card.key] : [], has_door_code: card.has_door_code, ring_first: card.ring_first,
    good_to_know: each.goodToKnow, overnight_fast_hours_max: 11, alarm_only: false,
    wishes: each.items.map(({ key, name, group, how }) => ({ code: key, name, group, how })),
  };
}

/** The interventions that may be added in the field. */
export const CATALOGUE: WishView[] = [
  ['Dusch', 'personal_care'], ['Hjälp på toaletten', 'personal_care'], ['Promenad', 'personal_care'],
  ['Tillsyn', 'personal_care'], ['Disk', 'service'], ['Inköp', 'service'], ['Städning', 'service'], ['Tvätt', 'service'],
].map(([name = '', group]) => ({ code: name.toLowerCase(), name, group: group as InterventionGroup, how: '' }));

/** A day like the one on the pictures: three visits done, the fourth due, three acts not sent. */
export function aDay(): World {
  const visits = PLANS.map((plan, index) => visit(index + 1, plan));
  return {
    app: {
      vaults: [{ vault: 'vault-1', person: 'person-1', name: 'Lena Åberg', roles: ['carer'], unit: 'Västertorp', open: true, mended: [] }],
      troubles: [],
      preferences: { language: 'sv', theme: 'system', text_size: 100 },
      now: at('08:58'), version: '0.1.0', key_store: 'file', server: 'https://rundan.example',
    },
    sheet: {
      document: 'sheet-1', shift_start: at('07:00'), shift_minutes: 540, area: 'Västertorp',
      worked: [{ start: at('06:58'), end: null }], on_break: false, other_time: [], own_facts: [],
    },
    turns: [{ fact: 'turn-0', kind: 'shift_started', at: at('06:58'), about: '' }],
    rest: { start: at('11:30'), minutes: 30, taken: [] },
    visits,
    recipients: visits.map(recipient),
    changes: [
      { document: 'visit-6', kind: 'new', day: DATE, name: 'Gun Ahlin', start_before: null, start_now: at('10:20'), at: at('07:10'), by: 'Eva Ström' },
      { document: 'visit-9', kind: 'moved', day: DATE, name: 'Bertil Öberg', start_before: at('13:15'), start_now: at('13:45'), at: at('07:42'), by: 'Eva Ström' },
    ],
    drafts: [],
    sent: [
      { document: 'visit-3', title: 'Nils-Erik Boman', what: 'ended', count: 1, at: at('08:41'), delivery: 'on_phone', why: null, text: '' },
      { document: 'visit-3', title: 'Nils-Erik Boman', what: 'done', count: 1, at: at('08:40'), delivery: 'on_phone', why: null, text: '' },
      { document: 'visit-3', title: 'Nils-Erik Boman', what: 'started', count: 1, at: at('08:20'), delivery: 'on_phone', why: null, text: '' },
      { document: 'visit-2', title: 'Karin Lindgren', what: 'ended', count: 1, at: at('08:04'), delivery: 'at_office', why: null, text: '' },
      { document: 'visit-2', title: 'Karin Lindgren', what: 'done', count: 3, at: at('08:02'), delivery: 'on_server', why: null, text: '' },
    ],
    keys: someKeys(at),
    seenRefused: 0,
    online: false,
    loading: null,
  };
}
