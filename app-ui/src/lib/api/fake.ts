import { DeviceError, type Args, type Device, type Listener, type Name } from './device';
import { act } from './fake/acts';
import * as keys from './fake/keys';
import { disagree, share } from './fake/odd';
import { FakeKeyBoard } from './fake/keyBoard';
import { FakeOffice } from './fake/office';
import * as views from './fake/views';
import { aDay, at, CATALOGUE, DATE, type World } from './fake/world';
import type { Answers, Command, DraftText, ErrorCode, Event, Intent, Preferences, SyncChip } from './generated';

type Handlers = { [C in Exclude<Name, OfficeName>]: (args: Args<C>) => Answers[C] };

/** Commands that only an office's vault answers. */
type OfficeName = 'board' | 'visit_facts' | 'late_notices' | 'incidents' | 'key_board' | 'key' | 'cabinet' | 'ledger' | 'export_ledger';

/** A device in memory with a day like the one on the pictures. For component tests, `npm run dev` and the browser tests. */
export class FakeDevice implements Device {
  world: World;
  /** Every command that was called, in order. */
  readonly calls: Command[] = [];
  /** Set when an office's vault is open. */
  office: FakeOffice | null = null;
  /** Its keys. */
  keyBoard: FakeKeyBoard | null = null;
  readonly #listeners = new Set<Listener>();
  readonly #texts = new Map<string, string>();
  readonly #failing = new Map<Name, ErrorCode>();
  readonly #before = new Map<string, World>();
  readonly #begun = Date.now();
  #actions = 0;

  constructor(world: World = aDay()) {
    this.world = world;
  }

  /** The device that a page's address asks for: `?fake=office`, `?fake=new`, `?fake=odd`, `?fake=shared`, `?fake=quiet`, `?fake=first`, `?fake&theme=dark&text=200&lang=en`. */
  static forPage(query: URLSearchParams): FakeDevice {
    const world = aDay();
    const language = query.get('lang') ?? 'sv';
    const text_size = Number(query.get('text') ?? '100');
    const theme = ({ dark: 'dark', light: 'light' } as const)[query.get('theme') ?? ''] ?? 'system';
    world.app.preferences = { language, text_size, theme } satisfies Preferences;
    const which = query.get('fake');
    if (which === 'new') world.app.vaults = [];
    if (which === 'quiet') world.changes = [];
    if (which === 'first') Object.assign(world, { changes: [], loading: 40 } satisfies Partial<World>);
    if (which === 'odd') disagree(world);
    if (which === 'shared') share(world);
    if (which !== 'office') return new FakeDevice(world);
    for (const vault of world.app.vaults) Object.assign(vault, { name: 'Eva Ström', roles: ['planner'] });
    world.app.now = at('09:22');
    world.online = true;
    const device = new FakeDevice(world);
    const office = new FakeOffice(DATE, at('00:00'), world.app.now);
    device.office = office;
    device.keyBoard = new FakeKeyBoard(DATE, () => device.now, (document) => office.recipient(document));
    return device;
  }

  /** The made-up clock: it begins where the day begins and goes on with the real one. */
  get now(): number {
    return this.world.app.now + Math.floor((Date.now() - this.#begun) / 1000);
  }

  async call<C extends Name>(command: C, args: Args<C>): Promise<Answers[C]> {
    await Promise.resolve();
    this.calls.push(structuredClone({ command, args }) as Command);
    const code = this.#failing.get(command);
    this.#failing.delete(command);
    if (code !== undefined) throw new DeviceError({ code, detail: null });
    const answer = this.keyBoard?.answer(command, args, this.#chip()) ?? this.office?.answer(command, args, this.#chip());
    if (answer !== undefined) {
      if (command === 'act' || command === 'undo') this.#changed();
      return structuredClone(answer) as Answers[C];
    }
    const handler = this.#handlers[command as Exclude<Name, OfficeName>] as ((args: unknown) => Answers[C]) | undefined;
    if (handler === undefined) throw new DeviceError({ code: 'not_allowed', detail: null });
    return structuredClone(handler(args));
  }

  /** Lets the next call of a command fail. */
  fail(command: Name, code: ErrorCode): void {
    this.#failing.set(command, code);
  }

  /** Lets something arrive at the office's vault from a phone. */
  arrive(at: (office: FakeOffice) => void): void {
    if (this.office !== null) at(this.office);
    this.#changed();
  }

  events(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells the page something unasked. */
  tell(event: Event): void {
    for (const listener of this.#listeners) listener(event);
  }

  readonly #handlers: Handlers = {
    app: () => ({ ...this.world.app, now: this.now }),
    enrol: ({ code }) => {
      if (code.toUpperCase() === 'FEL') throw new DeviceError({ code: 'code_refused', detail: null });
      this.world.app.vaults = aDay().app.vaults;
      return this.world.app;
    },
    open_vault: ({ vault }) => {
      for (const each of this.world.app.vaults) each.open = each.vault === vault;
      return this.world.app;
    },
    prefer: ({ preferences }) => {
      this.world.app.preferences = preferences;
      return { ...this.world.app, now: this.now };
    },
    day: ({ date }) => views.day(this.world, this.now, date),
    visit: ({ visit }) => views.visit(this.world, this.now, this.#find(visit)),
    recipient: ({ recipient }) => this.#recipient(recipient),
    find_recipient: ({ text }) =>
      this.world.recipients.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase())),
    show_door_code: () => '1928',
    catalogue: () => CATALOGUE,
    act: ({ intent }) => {
      const action = `action-${++this.#actions}`;
      this.#before.set(action, structuredClone(this.world));
      const began = act(this.world, this.now, intent);
      this.#forgetTexts(intent);
      this.#changed();
      return { action, began, can_undo: true };
    },
    undo: ({ action }) => {
      const before = this.#before.get(action);
      if (before !== undefined) this.world = before;
      this.#changed();
      return { action: `action-${++this.#actions}`, began: null, can_undo: false };
    },
    late_preview: ({ visit, minutes, time }) => {
      const start = this.#find(visit).card.start ?? this.now;
      const delay = minutes ?? Math.round((at(time ?? '') - start) / 60);
      if (!Number.isFinite(delay) || delay <= 0) throw new DeviceError({ code: 'bad_input', detail: 'time' });
      return views.latePreview(this.world, visit, delay);
    },
    late_status: ({ visits }) => views.lateStatus(this.world, visits),
    shift_closing: () => views.closing(this.world),
    refused: () => [],
    keys: () => keys.keys(this.world, this.now, this.#chip()),
    find_tag: ({ text }) => keys.findTag(this.world.keys, text),
    my_incidents: () => this.world.drafts,
    keep_typing: ({ draft, text }) => this.#keep(draft, text),
    keep_text: ({ place, text }) => {
      this.#texts.set(JSON.stringify(place), text);
      return null;
    },
    kept_text: ({ place }) => this.#texts.get(JSON.stringify(place)) ?? '',
    my_record: ({ most }) => views.record(this.world, most),
    sync: () => this.#sync(),
    see_refused: () => {
      this.world.seenRefused = views.refusals(this.world);
      this.#changed();
      return this.#sync();
    },
    see_mended: () => {
      for (const each of this.world.app.vaults) each.mended = [];
      return { ...this.world.app, now: this.now };
    },
    sync_now: () => this.#sync(),
  };

  #sync(): Answers['sync'] {
    return { chip: this.#chip(), items: this.office ? [] : this.world.sent, problem: this.world.online ? null : 'unreachable', next_attempt: this.now + 40 };
  }

  #keep(draft: string | null, text: DraftText): null {
    const kept = this.world.drafts.find(({ document }) => document === draft);
    if (kept) kept.text = text;
    return null;
  }

  /** Forgets what was typed on the document of an action, as the device does of its place. */
  #forgetTexts(intent: Intent): void {
    const acted = Object.values(intent);
    for (const key of this.#texts.keys()) {
      const { document } = JSON.parse(key) as { document: string | null };
      if (acted.includes(document)) this.#texts.delete(key);
    }
  }

  #find(document: string) {
    const found = this.world.visits.find(({ card }) => card.document === document);
    if (found === undefined) throw new DeviceError({ code: 'not_found', detail: null });
    return found;
  }

  #recipient(document: string) {
    const found = this.world.recipients.find((each) => each.document === document);
    if (found === undefined) throw new DeviceError({ code: 'not_found', detail: null });
    return found;
  }

  #chip(): SyncChip {
    if (this.office === null) return views.chip(this.world);
    return { state: this.world.online ? 'up_to_date' : 'offline', unsent: 0, refused: 0, heard: this.now - 3, percent: null };
  }

  #changed(): void {
    this.tell({ event: 'sync', chip: this.#chip() });
    this.tell({ event: 'changed' });
  }
}
