import { DeviceError } from '../device';
import type { CheckItem, Intent, Stated, VisitState } from '../generated';
import { actOnKeys, kept, takeBackOnKey } from './keys';
import { CATALOGUE, at, item, type FakeVisit, type World } from './world';

const clockReading = /^\d\d:\d\d$/;

/** Does an intent to the world; gives the document that it began. */
export function act(world: World, now: number, intent: Intent): string | null {
  const acted = new Act(world, now);
  return acted.do(intent);
}

/** One action on the made-up day. */
class Act {
  readonly #world: World;
  readonly #now: number;

  constructor(world: World, now: number) {
    this.#world = world;
    this.#now = now;
  }

  do(intent: Intent): string | null {
    const { sheet } = this.#world;
    switch (intent.do) {
      case 'start_shift': sheet.worked.push({ start: this.#now, end: null }); return this.#turn('shift_started');
      case 'end_shift':
        if (kept(this.#world.keys).length > 0 && intent.keys_kept.trim() === '') throw new DeviceError({ code: 'bad_input', detail: 'keys_kept' });
        close(sheet.worked, this.#now);
        return this.#turn('shift_ended');
      case 'start_break': this.#world.rest.taken.push({ start: this.#now, end: null }); return this.#turn('break_started');
      case 'end_break': close(this.#world.rest.taken, this.#now); return this.#turn('break_ended');
      case 'other_time':
        sheet.other_time.push({ fact: `other-${sheet.other_time.length}`, what: intent.what, start: at(intent.start), minutes: intent.minutes, text: intent.text });
        return null;
      case 'acknowledge': this.#world.changes = this.#world.changes.filter(({ document }) => !intent.documents.includes(document)); return null;
      case 'start_visit': return this.#startVisit(intent.visit, intent.at, intent.end_other);
      case 'end_visit': return this.#end(this.#visit(intent.visit), intent.at);
      case 'pause_visit': return this.#pause(this.#visit(intent.visit));
      case 'resume_visit': return this.#begin(this.#visit(intent.visit), this.#now, 'resumed');
      case 'mark_done': return this.#mark(intent.visit, ({ key }) => intent.items.includes(key), { state: 'done', reason: null, text: '' });
      case 'mark_all_done':
        return this.#mark(intent.visit, ({ state, group }) => state === 'open' && group !== null && group !== 'health_task', { state: 'done' });
      case 'mark_not_done':
        return this.#mark(intent.visit, ({ key }) => intent.items.includes(key), { state: 'not_done', reason: intent.reason, text: intent.text });
      case 'add_extra': return this.#addExtra(intent.visit, intent.code);
      case 'write_note': return this.#writeNote(intent.visit, intent.text);
      case 'not_carried_out': {
        const each = this.#visit(intent.visit);
        Object.assign(each.card, { state: 'not_carried_out', not_carried_out: intent.reason });
        return this.#log(each, 'not_carried_out', '');
      }
      case 'move_start': return this.#moveStart(this.#visit(intent.from), this.#visit(intent.to));
      case 'begin_unplanned': return this.#beginUnplanned(intent.recipient, intent.name, intent.end_other);
      case 'withdraw': return this.#withdraw(intent.document, intent.facts);
      case 'report_late':
        for (const { visit, expected } of intent.visits) {
          const each = this.#visit(visit);
          each.card.late = { expected, reason: intent.reason, told: null, told_at: null, read_by: null, read_at: null };
          this.#log(each, 'late', intent.text);
        }
        return null;
      case 'tell': {
        const each = this.#visit(intent.visit);
        if (each.card.late !== null) Object.assign(each.card.late, { told: intent.outcome, told_at: this.#now });
        return this.#log(each, 'told', '');
      }
      case 'save_draft': case 'submit_draft': case 'discard_draft': case 'add_to_incident': return this.#draft(intent);
      case 'take_keys': case 'return_keys': case 'give_keys': case 'receive_keys': case 'report_key': case 'note_tag':
        actOnKeys(this.#world, this.#now, intent);
        return null;
      case 'new_key': case 'change_key': case 'count_cabinet': case 'set_key_curfew':
      case 'mark_read': case 'change_visit': case 'match_recipient': case 'choose': case 'settle':
      case 'adopt_refused': case 'put_aside_refused':
      case 'take_keys': case 'return_keys': case 'give_keys': case 'receive_keys': case 'report_key': case 'note_tag':
      case 'new_key': case 'change_key': case 'count_cabinet': case 'set_key_curfew': return null;
    }
  }

  #turn(kind: string): null {
    const { turns } = this.#world;
    turns.push({ fact: `turn-${turns.length}`, kind, at: this.#now, about: '' });
    return null;
  }

  /** Takes back what she stated of shift or break. */
  #turnBack(facts: string[]): void {
    const { sheet, rest, turns } = this.#world;
    for (const { kind } of turns.filter(({ fact }) => facts.includes(fact))) {
      const segments = kind.startsWith('shift') ? sheet.worked : rest.taken;
      const last = segments.at(-1);
      if (kind.endsWith('started')) segments.pop();
      else if (last !== undefined) last.end = null;
    }
    this.#world.turns = turns.filter(({ fact }) => !facts.includes(fact));
    sheet.other_time = sheet.other_time.filter(({ fact }) => !facts.includes(fact));
  }

  #visit(document: string): FakeVisit {
    const found = this.#world.visits.find(({ card }) => card.document === document);
    if (found === undefined) throw new DeviceError({ code: 'not_found', detail: null });
    return found;
  }

  #log(each: FakeVisit, kind: string, about: string): null {
    each.facts.unshift({ fact: `${each.card.document}-${kind}-${each.facts.length}`, kind, at: this.#now, about });
    each.card.delivery = 'on_phone';
    this.#world.sent.unshift({ document: each.card.document, title: each.card.name, what: kind, count: 1, at: this.#now, delivery: 'on_phone', why: null, text: '' });
    return null;
  }

  #moment(each: FakeVisit, stated: Stated): number {
    if (stated.is === 'local' && !clockReading.test(stated.time)) throw new DeviceError({ code: 'bad_input', detail: 'time' });
    if (stated.is === 'local') return at(stated.time);
    if (stated.is === 'planned') return (each.card.start ?? this.#now) + each.card.minutes * 60;
    return this.#now;
  }

  #startVisit(document: string, stated: Stated, endOther: { visit: string; at: Stated }[]): null {
    const each = this.#visit(document);
    const start = this.#moment(each, stated);
    for (const other of endOther) this.#end(this.#visit(other.visit), other.at);
    const partner = each.card.partners[0];
    if (partner !== undefined) Object.assign(partner, { state: 'here', at: this.#now - 120, last_done: 'Frukost', last_done_at: this.#now - 60 });
    const breakfast = partner && each.items.find(({ name }) => name === 'Frukost');
    if (breakfast) Object.assign(breakfast, { state: 'done', by: 'Fatima', at: this.#now - 60 });
    return this.#begin(each, start, 'started');
  }

  #begin(each: FakeVisit, start: number, kind: string): null {
    each.card.segments.push({ start, end: null });
    each.card.state = 'running';
    return this.#log(each, kind, '');
  }

  #end(each: FakeVisit, stated: Stated): null {
    close(each.card.segments, this.#moment(each, stated));
    each.card.state = 'done';
    each.card.flags = each.items.some(({ state }) => state === 'open') ? ['ended_with_open_items'] : [];
    return this.#log(each, 'ended', '');
  }

  #pause(each: FakeVisit): null {
    close(each.card.segments, this.#now);
    each.card.state = 'paused';
    return this.#log(each, 'paused', '');
  }

  #mark(document: string, test: (item: CheckItem) => boolean, change: Partial<CheckItem>): null {
    const each = this.#visit(document);
    for (const found of each.items.filter(test)) {
      this.#log(each, change.state ?? 'done', found.name);
      Object.assign(found, change, { by: null, at: this.#now, own_facts: [each.facts[0]?.fact ?? ''] });
    }
    each.card.done_items = each.items.filter(({ state }) => state !== 'open').length;
    return null;
  }

  #addExtra(document: string, code: string): null {
    const each = this.#visit(document);
    const name = CATALOGUE.find((wish) => wish.code === code)?.name ?? code;
    each.items.push({ ...item(name), state: 'done', extra: true, at: this.#now, own_facts: [`extra-${code}`] });
    return this.#log(each, 'extra', name);
  }

  #writeNote(document: string, text: string): null {
    const each = this.#visit(document);
    this.#log(each, 'note', text);
    const fact = each.facts[0]?.fact ?? '';
    each.notes.unshift({ fact, text, by: 'Lena Åberg', own: true, at: this.#now, delivery: 'on_phone', read_by: null, read_at: null });
    return null;
  }

  #moveStart(from: FakeVisit, to: FakeVisit): null {
    to.card.segments = from.card.segments;
    from.card.segments = [];
    Object.assign(from.card, { state: 'planned' satisfies VisitState });
    to.card.state = 'running';
    this.#log(from, 'moved', to.card.name);
    return this.#log(to, 'started', '');
  }

  #beginUnplanned(recipient: string | null, name: string, endOther: { visit: string; at: Stated }[]): string {
    for (const other of endOther) this.#end(this.#visit(other.visit), other.at);
    for (const running of this.#world.visits.filter(({ card }) => card.state === 'running')) this.#pause(running);
    const known = this.#world.recipients.find(({ document }) => document === recipient);
    const document = `visit-${this.#world.visits.length + 1}`;
    const [first] = this.#world.visits;
    if (first === undefined) return document;
    const unplanned: FakeVisit = structuredClone(first);
    Object.assign(unplanned.card, {
      document, recipient, name: known?.name ?? name, address: known?.address ?? '', floor: '', start: null, minutes: 0,
      state: 'running', segments: [{ start: this.#now, end: null }], interventions: [], done_items: 0,
      flags: known ? ['unplanned'] : ['unplanned', 'unknown_recipient'],
    } satisfies Partial<FakeVisit['card']>);
    Object.assign(unplanned, { items: [], facts: [], notes: [], goodToKnow: known?.good_to_know ?? [] });
    this.#world.visits.push(unplanned);
    this.#log(unplanned, 'started', '');
    return document;
  }

  #withdraw(document: string, facts: string[]): null {
    const each = this.#world.visits.find(({ card }) => card.document === document);
    if (each === undefined) {
      takeBackOnKey(this.#world.keys, document, facts);
      this.#turnBack(facts);
      return null;
    }
    for (const { kind } of each.facts.filter(({ fact }) => facts.includes(fact))) {
      if (kind === 'not_carried_out') Object.assign(each.card, { state: 'planned', not_carried_out: null });
      if (kind === 'started' || kind === 'resumed') { each.card.segments.pop(); each.card.state = 'planned'; }
      const last = each.card.segments.at(-1);
      if (kind === 'ended' && last !== undefined) { last.end = null; each.card.state = 'running'; }
    }
    each.facts = each.facts.filter(({ fact }) => !facts.includes(fact));
    each.notes = each.notes.filter(({ fact }) => !facts.includes(fact));
    for (const found of each.items.filter(({ own_facts }) => own_facts.some((fact) => facts.includes(fact)))) {
      Object.assign(found, { state: 'open', at: null, reason: null, text: '', own_facts: [] });
    }
    return this.#log(each, 'withdrawn', '');
  }

  #draft(intent: Extract<Intent, { do: 'save_draft' | 'submit_draft' | 'discard_draft' | 'add_to_incident' }>): string | null {
    const { drafts, recipients } = this.#world;
    if (intent.do === 'save_draft') {
      const recipient_name = recipients.find(({ document }) => document === intent.text.recipient)?.name ?? '';
      const known = drafts.find(({ document }) => document === intent.draft && document !== null);
      if (known) Object.assign(known, { text: intent.text, recipient_name, saved_at: this.#now });
      if (known) return null;
      const document = `incident-${drafts.length + 1}`;
      drafts.unshift({
        document, text: intent.text, recipient_name, submitted: false, saved_at: this.#now, delivery: 'on_phone',
        read_by: null, read_at: null, other_versions: [], additions: [],
      });
      return document;
    }
    const named = intent.do === 'add_to_incident' ? intent.incident : intent.draft;
    const draft = drafts.find(({ document }) => document === named);
    if (draft === undefined) throw new DeviceError({ code: 'not_found', detail: null });
    if (intent.do === 'submit_draft') Object.assign(draft, { submitted: true, saved_at: this.#now });
    if (intent.do === 'discard_draft') this.#world.drafts = drafts.filter((each) => each !== draft);
    if (intent.do === 'add_to_incident') {
      draft.additions.push({ fact: `addition-${draft.additions.length}`, text: intent.text, by: 'Lena Åberg', own: true, at: this.#now, delivery: 'on_phone', read_by: null, read_at: null });
    }
    return null;
  }
}

function close(segments: { start: number; end: number | null }[], end: number): void {
  const last = segments.at(-1);
  if (last !== undefined && last.end === null) last.end = end;
}
