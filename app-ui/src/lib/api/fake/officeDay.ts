// A made-up unit's day at the office, the size of a real one: 18 run sheets and some 214 visits.
// It answers the office's commands and takes its intents in memory, for tests and `npm run dev`.

import type {
  Attention,
  Board,
  BoardFigures,
  BoardRow,
  BoardVisit,
  CarerChoice,
  IncidentLine,
  LateLine,
  PlanChange,
  RefusedLine,
  SyncChip,
} from '../generated';

const MINUTE = 60;
const HOUR = 3600;
/** A phone is silent when nothing was heard from it for this long during its shift. */
const SILENT_SECONDS = 15 * MINUTE;

const CARERS: readonly (readonly [name: string, area: string])[] = [
  ['Anna Karlsson', 'Västertorp'],
  ['Fatima Omar', 'Västertorp'],
  ['Jonas Wiklund', 'Fruängen'],
  ['Mehret Tesfaye', 'Hägerstensåsen'],
  ['Sara Berg', 'Fruängen'],
  ['Ali Hassan', 'Västertorp'],
  ['Linnea Sund', 'Hägerstensåsen'],
  ['Hodan Yusuf', 'Västertorp'],
  ['Erik Lind', 'Larm'],
  ['Maria Nyman', 'Fruängen'],
  ['Amina Said', 'Hägerstensåsen'],
  ['Johan Ek', 'Västertorp'],
  ['Leyla Demir', 'Fruängen'],
  ['Oskar Holm', 'Hägerstensåsen'],
  ['Zahra Ahmadi', 'Västertorp'],
  ['Karin Falk', 'Fruängen'],
  ['Bogdan Ilic', 'Hägerstensåsen'],
  ['Elin Roos', 'Västertorp'],
];

const GIVEN =
  'Karl Nanna Maj-Britt Gun Rolf Stig Aino Sven Birgit Tore Ulla Per Ingrid Elsa Olof Rut Kjell Siv Arne Vera Göran Inga Lars Bengt Knut Asta Britta Alf Henny Ebba Nils Wivi Ove Maja Elis Rune Gerd Sixten Olga Uno Tyra Bror Ellen Sigge Ester Hilma Folke Aili Gösta Dagny Sigrid Harry Märta Evert Ruth Allan Signe Yngve Tora Helge Vivianne'.split(
    ' ',
  );
const FAMILY = 'Ahlin Blom Dahl Ek Fors Grahn Hed Isaksson Jern Krook Lund Malm Norén Öberg Palm Rask Sjö Thor'.split(' ');
const MINUTES = [25, 35, 30, 20, 45, 30, 15, 40, 35, 20, 45, 30];
const STREETS = ['Skidvägen', 'Störtloppsvägen', 'Personnevägen', 'Sedelvägen', 'Fruängsgatan', 'Vattenledningsvägen'];

/** How far a fake visit stands from its row's plan. */
export interface FakeVisit extends BoardVisit {
  address: string;
  cancelledReason: string | null;
  statedName: string;
  recipient: string | null;
}

export interface FakeDay {
  date: string;
  midnight: number;
  now: number;
  rows: FakeRow[];
  lates: LateLine[];
  incidents: IncidentLine[];
  refused: RefusedLine[];
}

export interface FakeRow extends BoardRow {
  visits: FakeVisit[];
}

/** Makes the day; everything follows from the clock alone. */
export function fakeDay(date: string, midnight: number, now: number): FakeDay {
  let named = 0;
  const rows = CARERS.map(([name, area], index): FakeRow => {
    const shiftStart = midnight + 7 * HOUR;
    let at = shiftStart + (5 + (index % 4) * 5) * MINUTE;
    const visits: FakeVisit[] = [];
    for (let stop = 0; stop < 12; stop += 1) {
      const minutes = MINUTES[(stop + index * 5) % MINUTES.length] ?? 30;
      if (stop === 6) at = Math.max(at + 30 * MINUTE, midnight + 12 * HOUR);
      visits.push(planned(`visit-${index}-${stop}`, named, at, minutes));
      named += 1;
      at += (minutes + 5 + ((stop + index) % 3) * 5) * MINUTE;
    }
    return {
      person: `person-${index}`,
      run_sheet: `sheet-${index}`,
      name,
      area,
      heard: now - (20 + index * 13),
      silent: false,
      shift_start: shiftStart,
      shift_minutes: 9 * 60,
      worked: [{ start: shiftStart - 2 * MINUTE, end: null }],
      visits: visits.map((visit) => worked(visit, now)),
    };
  });
  const day: FakeDay = { date, midnight, now, rows, lates: [], incidents: fakeIncidents(now), refused: fakeRefused(now) };
  unusual(day);
  return day;
}

/** The board as the device would derive it. */
export function fakeBoard(day: FakeDay, sync: SyncChip, days: readonly string[]): Board {
  return {
    date: day.date,
    is_today: true,
    now: day.now,
    rows: day.rows,
    figures: figures(day),
    attention: attention(day),
    sync,
    days: [...days],
    unread_incidents: day.incidents.filter((incident) => incident.read_by === null).length,
    open_refused: day.refused.filter((line) => line.state === 'open').length,
    from: day.midnight,
    to: day.midnight + 24 * HOUR,
  };
}

export function fakeChoices(day: FakeDay): CarerChoice[] {
  const working = day.rows.flatMap((row) => (row.person ? [{ person: row.person, name: row.name, works: true }] : []));
  const off = ['Pia Strand', 'Tomas Vik'].map((name, index) => ({ person: `off-${index}`, name, works: false }));
  return [...working, ...off];
}

export function everyVisit(day: FakeDay): Map<string, FakeVisit> {
  return new Map(day.rows.flatMap((row) => row.visits.map((visit) => [visit.document, visit] as const)));
}

export function rowsOf(day: FakeDay, document: string): FakeRow[] {
  return day.rows.filter((row) => row.person !== null && row.visits.some((visit) => visit.document === document));
}

/** Puts a change of plan into effect, as the device does it. */
export function changePlan(day: FakeDay, document: string, change: PlanChange): FakeDay {
  const visit = everyVisit(day).get(document);
  if (!visit) return day;
  const replace = (next: FakeVisit): FakeDay => ({
    ...day,
    rows: day.rows.map((row) => ({
      ...row,
      visits: row.visits.map((other) => (other.document === document ? next : other)),
    })),
  });
  switch (change.is) {
    case 'when':
      return replace(
        worked({ ...visit, start: localInstant(day.midnight, change.start), minutes: change.minutes }, day.now),
      );
    case 'cancel':
      return replace({ ...visit, state: 'cancelled', overdue: false, late: null, cancelledReason: change.reason });
    case 'restore':
      return replace(worked({ ...visit, state: 'planned', cancelledReason: null }, day.now));
    case 'carer':
      return giveTo(day, visit, change.slot, change.person);
  }
}

function giveTo(day: FakeDay, visit: FakeVisit, slot: number, person: string | null): FakeDay {
  const had = rowsOf(day, visit.document).map((row) => row.person);
  had[slot - 1] = person;
  const now = had.filter((one): one is string => one !== null && one !== undefined);
  const rows = day.rows.map((row): FakeRow => {
    const without = row.visits.filter((other) => other.document !== visit.document);
    const hers = row.person === null ? now.length === 0 : now.includes(row.person);
    return { ...row, visits: hers ? [...without, visit] : without };
  });
  return { ...day, rows };
}

/** `HH:MM` of the fake day, which has no clock change. */
export function localInstant(midnight: number, time: string): number {
  const [hour = '0', minute = '0'] = time.split(':');
  return midnight + Number(hour) * HOUR + Number(minute) * MINUTE;
}

function planned(document: string, index: number, start: number, minutes: number): FakeVisit {
  const given = GIVEN[(index * 7) % GIVEN.length] ?? 'Gun';
  const family = FAMILY[(index * 5) % FAMILY.length] ?? 'Ahlin';
  return {
    document,
    name: `${given} ${family}`,
    short_name: given,
    start,
    minutes,
    state: 'planned',
    segments: [],
    late: null,
    overdue: false,
    flags: [],
    double: false,
    not_carried_out: null,
    address: `${STREETS[index % STREETS.length] ?? 'Skidvägen'} ${1 + (index % 40)}`,
    cancelledReason: null,
    statedName: '',
    recipient: `recipient-${index}`,
  };
}

function worked(visit: FakeVisit, now: number): FakeVisit {
  if (visit.state !== 'planned') return visit;
  const end = visit.start + visit.minutes * MINUTE;
  const begun = visit.start + 2 * MINUTE;
  if (end <= now) return { ...visit, state: 'done', segments: [{ start: begun, end: end - MINUTE }] };
  if (begun <= now) return { ...visit, state: 'running', segments: [{ start: begun, end: null }] };
  return visit;
}

function unusual(day: FakeDay): void {
  const { rows, now } = day;
  const [anna, fatima, jonas, mehret, sara, ali] = rows;
  if (!anna || !fatima || !jonas || !mehret || !sara || !ali) return;

  const shared = anna.visits.find((visit) => visit.state === 'running') ?? anna.visits[3];
  if (shared) {
    shared.double = true;
    fatima.visits = [...fatima.visits.filter((visit) => !overlaps(visit, shared)), shared];
  }

  const next = anna.visits.find((visit) => visit.start > now);
  if (next) {
    next.late = { expected: next.start + 15 * MINUTE, reason: 'previous_visit', told: 'no_answer', told_at: now - 120, read_by: null, read_at: null };
    day.lates.push(lateLine(next, anna.name, now - 300, 'no_answer'));
  }
  const told = ali.visits.find((visit) => visit.start > now);
  if (told) {
    told.late = { expected: told.start + 10 * MINUTE, reason: 'alarm', told: 'told', told_at: now - 900, read_by: null, read_at: null };
    day.lates.push({ ...lateLine(told, ali.name, now - 1000, 'told'), read_by: 'Eva Ström', read_at: now - 800 });
  }

  jonas.heard = now - 35 * MINUTE;
  jonas.silent = jonas.heard < now - SILENT_SECONDS;
  for (const visit of jonas.visits) {
    if (visit.start < jonas.heard - 10 * MINUTE || visit.start > now) continue;
    Object.assign(visit, { state: 'planned', segments: [], overdue: visit.start < now - 10 * MINUTE });
  }

  const declined = mehret.visits[2];
  if (declined) Object.assign(declined, { state: 'not_carried_out', not_carried_out: 'nobody_opens', segments: [] });
  const off = mehret.visits[8];
  if (off) Object.assign(off, { state: 'cancelled', cancelledReason: 'Inlagd på sjukhus' });

  const moved = sara.visits.find((visit) => visit.state === 'running') ?? sara.visits[3];
  if (moved) moved.flags = ['begun_though_moved', 'clash'];
  const disputed = rows[6]?.visits[1];
  if (disputed) disputed.flags = ['dispute'];
  const stranger = rows[8]?.visits[2];
  if (stranger) {
    Object.assign(stranger, { name: 'Rut på Sedelvägen', short_name: 'Rut', statedName: 'Rut på Sedelvägen', recipient: null });
    stranger.flags = ['unplanned', 'unknown_recipient'];
  }

  rows.push({
    person: null,
    run_sheet: null,
    name: '',
    area: '',
    heard: null,
    silent: false,
    shift_start: null,
    shift_minutes: 0,
    worked: [],
    visits: [
      planned('visit-none-0', 301, day.midnight + 10 * HOUR, 45),
      planned('visit-none-1', 302, day.midnight + 13 * HOUR, 30),
    ],
  });
}

function overlaps(a: BoardVisit, b: BoardVisit): boolean {
  return a.start < b.start + b.minutes * MINUTE && b.start < a.start + a.minutes * MINUTE;
}

function lateLine(visit: FakeVisit, carer: string, at: number, told: LateLine['told']): LateLine {
  return {
    visit: visit.document,
    fact: `late-${visit.document}`,
    recipient: visit.name,
    telephone: '08-465 00 12',
    carer,
    planned: visit.start,
    expected: visit.late?.expected ?? visit.start,
    reason: visit.late?.reason ?? 'other',
    text: '',
    told,
    told_at: visit.late?.told_at ?? null,
    told_by: carer,
    at,
    received: at + 8,
    read_by: null,
    read_at: null,
  };
}

function fakeRefused(now: number): RefusedLine[] {
  const base = { target: 'visit-gone', is_visit: false, state: 'open', decided_by: '', decided_at: null, decided_text: '' } as const;
  return [
    {
      ...base,
      document: 'refused-0',
      puts: [],
      title: 'Nils-Erik Boman',
      by: 'Linnea Sund',
      code: 'not_allowed',
      received: now - 40 * MINUTE,
      facts: [
        { kind: 'note', about: '', word: '', text: 'Han vill ha hjälp med posten nästa gång.', at: now - 20 * 24 * 60 * MINUTE },
      ],
      can_adopt: true,
    },
  ];
}

function fakeIncidents(now: number): IncidentLine[] {
  const base = { visit: null, additions: [], read_by: null, read_at: null } as const;
  return [
    {
      ...base,
      document: 'incident-0',
      fact: 'incident-fact-0',
      kind: 'theft',
      recipient: 'Greta Holm',
      address: 'Skidvägen 4',
      author: 'Fatima Omar',
      when: now - 27 * MINUTE,
      happened: 'Greta berättar att plånboken är borta sedan i går kväll. Hon tror att någon har varit inne i lägenheten.',
      measures: 'Letade tillsammans i hallen och köket. Ringde dottern.',
      police: 'head_reports',
      submitted: now - 20 * MINUTE,
      received: now - 20 * MINUTE + 5,
      additions: [
        {
          fact: 'incident-add-0',
          text: 'Dottern kommer klockan tolv.',
          by: 'Fatima Omar',
          own: false,
          at: now - 8 * MINUTE,
          delivery: 'at_office',
          read_by: null,
          read_at: null,
        },
      ],
    },
    {
      ...base,
      additions: [],
      document: 'incident-1',
      fact: 'incident-fact-1',
      kind: 'fall',
      recipient: 'Nils Palm',
      address: 'Sedelvägen 18',
      author: 'Johan Ek',
      when: now - 20 * HOUR,
      happened: 'Nils satt på golvet i badrummet när jag kom. Han hade inte slagit sig.',
      measures: 'Hjälpte honom upp med lyft tillsammans med larmpatrullen. Ringde sjuksköterskan.',
      police: null,
      submitted: now - 19 * HOUR,
      received: now - 19 * HOUR,
      read_by: 'Eva Ström',
      read_at: now - 18 * HOUR,
    },
  ];
}

function figures(day: FakeDay): BoardFigures {
  const visits = [...everyVisit(day).values()];
  const counted = visits.filter((visit) => visit.state !== 'cancelled');
  const late = counted.filter((visit) => visit.late !== null && visit.state === 'planned');
  return {
    done: counted.filter((visit) => visit.state === 'done').length,
    total: counted.length,
    late: late.length,
    late_untold: late.filter((visit) => visit.late?.told !== 'told').length,
    silent: day.rows.filter((row) => row.silent).length,
    overdue: counted.filter((visit) => visit.overdue).length,
    due: counted.filter((visit) => visit.start <= day.now).length,
  };
}

function attention(day: FakeDay): Attention[] {
  const cards: Attention[] = [];
  const seen = new Set<string>();
  for (const row of day.rows) {
    for (const visit of row.visits) {
      const base: Attention = {
        kind: 'overdue',
        document: visit.document,
        recipient: visit.name,
        carer: row.name,
        planned: visit.start,
        expected: visit.late?.expected ?? null,
        heard: row.heard,
        told: visit.late?.told ?? null,
        reason: visit.not_carried_out,
        incident: null,
      };
      const add = (kind: Attention['kind']): void => {
        const key = `${kind} ${visit.document}`;
        if (!seen.has(key)) cards.push({ ...base, kind });
        seen.add(key);
      };
      if (visit.overdue) add('overdue');
      if (visit.late && visit.late.told !== 'told' && visit.state === 'planned') add('late_untold');
      if (visit.flags.includes('begun_though_moved')) add('begun_though_moved');
      if (visit.flags.includes('dispute')) add('dispute');
      if (visit.flags.includes('unknown_recipient')) add('unknown_recipient');
      if (visit.state === 'not_carried_out') add('not_carried_out');
      if (row.person === null && visit.state === 'planned') add('unstaffed');
    }
  }
  const incidents = day.incidents.filter((incident) => incident.read_by === null);
  for (const incident of incidents) {
    cards.push({
      kind: 'incident',
      document: incident.document,
      recipient: incident.recipient,
      carer: incident.author,
      planned: incident.when,
      expected: null,
      heard: null,
      told: null,
      reason: null,
      incident: incident.kind,
    });
  }
  return cards;
}
