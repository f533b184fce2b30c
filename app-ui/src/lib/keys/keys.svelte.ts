import { createContext } from 'svelte';

import { DeviceError } from '../api/device';
import type { AlarmFor, Colleague, Done, Intent, KeyLine, KeyReminder, KeyReport, KeysView, KeyUse, TagView } from '../api/generated';
import { Live } from '../app/live.svelte';
import type { Session } from '../app/session.svelte';
import { notify } from './notify';
import { refOf, reminderWords } from './shown';
import { texts } from './texts';

/** How long the last press about keys can be taken back from the screen of keys. */
export const UNDO_SECONDS = 10 * 60;

/** What is asked over the screens about keys. */
export type KeyQuestion =
  | { readonly is: 'scan' }
  | { readonly is: 'tag'; /** As it was scanned or typed. */ readonly text: string; readonly found: TagView }
  | { readonly is: 'key'; readonly line: KeyLine }
  | { readonly is: 'taken'; readonly keys: readonly KeyLine[]; /** What took them. */ readonly action: string }
  | { readonly is: 'give_back'; readonly keys: readonly KeyLine[]; /** Those that are chosen from the start; all if it is not said. */ readonly chosen?: readonly KeyLine[] }
  | { readonly is: 'give'; readonly keys: readonly KeyLine[] }
  | { readonly is: 'receive' | 'alarm'; readonly line: KeyLine }
  | { readonly is: 'report'; readonly line: KeyLine; readonly what: 'lost' | 'found' | 'damaged' };

/** The last press about keys, while it can be taken back. */
interface Pressed {
  readonly action: string;
  readonly said: string;
  readonly at: number;
}

/** A carer's keys, and what she does with them. */
export class Keys {
  readonly view: Live<KeysView>;
  question = $state.raw<KeyQuestion | null>(null);
  /** Those of the round that she lacks and can take. */
  readonly takeable: readonly KeyLine[] = $derived.by(() => this.view.value?.needed.filter(({ can_take }) => can_take).map(({ line }) => line) ?? []);
  /** How many things wait for her: keys that the round lacks, and hand-overs to confirm. */
  readonly toSeeTo: number = $derived.by(() => (this.view.value?.needed.length ?? 0) + (this.view.value?.to_confirm.length ?? 0));
  /** Those that she would keep if her shift ended now. */
  readonly kept: readonly KeyLine[] = $derived.by(() => this.view.value?.kept ?? []);
  /** The reminder that is due. */
  readonly due: KeyReminder | null = $derived.by(() => {
    const reminder = this.view.value?.reminder ?? null;
    return reminder !== null && (reminder.is_due || reminder.at <= this.#session.clock.now) ? reminder : null;
  });
  #pressed = $state.raw<Pressed | null>(null);
  /** The last press, while it can be taken back. */
  readonly last: Pressed | null = $derived.by(() => {
    const pressed = this.#pressed;
    if (pressed === null || this.#session.undone.has(pressed.action)) return null;
    return this.#session.clock.now < pressed.at + UNDO_SECONDS ? pressed : null;
  });
  readonly #session: Session;
  /** The reminder that the phone was told of last. */
  #told: string | null = null;

  constructor(session: Session) {
    this.#session = session;
    this.view = new Live(() => session.device.call('keys', {}));
  }

  /** Whose keys they are. */
  get me(): string {
    return this.#session.vault?.person ?? '';
  }

  /** Whether a visit of hers of today needs it. */
  isNeeded(line: KeyLine): boolean {
    return this.view.value?.needed.some((needed) => needed.line.key === line.key) ?? false;
  }

  ask(question: KeyQuestion | null): void {
    this.question = question;
  }

  close(): void {
    this.ask(null);
  }

  /** Looks up a tag that was scanned or typed, and asks what to do with it. */
  async find(text: string): Promise<void> {
    try {
      const found = await this.#session.device.call('find_tag', { text });
      const [line, ...others] = found.is === 'known' ? found.lines : [];
      this.ask(line !== undefined && others.length === 0 ? { is: 'key', line } : { is: 'tag', text, found });
    } catch (reason) {
      this.#session.notices.fail(DeviceError.from(reason));
    }
  }

  /** Takes all keys of the round that hang in a cabinet, and shows them. */
  async takeAll(): Promise<void> {
    const keys = this.takeable;
    if (keys.length === 0) return;
    const done = await this.#take(keys, 'round', null, '');
    if (done !== null) this.ask({ is: 'taken', keys, action: done.action });
  }

  /** Takes one copy: for the round if that needs it. An alarm key asks for its alarm first. */
  async take(line: KeyLine): Promise<void> {
    if (line.kind === 'alarm') return this.ask({ is: 'alarm', line });
    const done = await this.#take([line], this.isNeeded(line) ? 'round' : 'other', null, '');
    if (done !== null) this.close();
  }

  /**
   * Takes an alarm key for an alarm, or for another reason in words. Whose alarm it is stands on her run sheet alone:
   * who has none takes the key all the same, and is asked to tell the office.
   */
  async takeFor(line: KeyLine, why: AlarmFor | string): Promise<void> {
    const done = typeof why === 'string' ? await this.#take([line], 'other', null, why) : await this.#takeForAlarm(line, why);
    if (done !== null) this.close();
  }

  async #takeForAlarm(line: KeyLine, alarm: AlarmFor): Promise<Done | null> {
    let hasSheet = true;
    const done = await this.#act({ do: 'take_keys', keys: [refOf(line)], what_for: 'alarm', alarm, text: '' }, texts.saidTaken(1), (error) => {
      if (error.code === 'no_run_sheet') hasSheet = false;
      else this.#session.notices.fail(error);
    });
    if (hasSheet) return done;
    return this.#act({ do: 'take_keys', keys: [refOf(line)], what_for: 'other', alarm: null, text: texts.alarmAt(alarm.at) }, texts.saidTakenWithoutSheet);
  }

  async giveBack(keys: readonly KeyLine[], cabinet: string): Promise<void> {
    const done = await this.#act({ do: 'return_keys', keys: keys.map(refOf), cabinet }, texts.saidReturned(keys.length, cabinet));
    if (done !== null) this.close();
  }

  async give(keys: readonly KeyLine[], { person, name }: Pick<Colleague, 'person' | 'name'>): Promise<void> {
    const done = await this.#act({ do: 'give_keys', keys: keys.map(refOf), to: person }, texts.saidGiven(keys.length, name));
    if (done !== null) this.close();
  }

  /** Confirms that she handed a key to the colleague who says so. */
  async gave(line: KeyLine): Promise<void> {
    if (line.to !== null) await this.give([line], { person: line.to, name: line.to_name });
  }

  /** Says that a colleague handed her a key; who it was is asked, but where one said so already. */
  async receive(line: KeyLine, from: string | null = line.place === 'given' && line.to === this.me ? line.person : null): Promise<void> {
    if (from === null) return this.ask({ is: 'receive', line });
    const done = await this.#act({ do: 'receive_keys', keys: [refOf(line)], from }, texts.saidReceived(line.tag));
    if (done !== null) this.close();
  }

  /** Says that a key did not hang where it should; the list of those taken stays open. */
  async notThere(line: KeyLine): Promise<void> {
    const done = await this.#report(line, { is: 'not_there' }, texts.saidNotThere(line.tag));
    if (done !== null && this.question?.is !== 'taken') this.close();
  }

  async report(line: KeyLine, report: KeyReport, said: string): Promise<void> {
    const done = await this.#report(line, report, said);
    if (done !== null) this.close();
  }

  /** Keeps what she did with a tag that is no key of the unit's. */
  async noteTag(tag: string, text: string): Promise<void> {
    const done = await this.#act({ do: 'note_tag', tag, text }, texts.saidNoted);
    if (done !== null) this.close();
  }

  /** Takes back what she said of a key. */
  async takeBack(line: KeyLine, fact: string): Promise<void> {
    const done = await this.#act({ do: 'withdraw', document: line.key, facts: [fact] }, texts.saidTakenBack);
    if (done !== null) this.close();
  }

  async undoLast(): Promise<void> {
    if (this.last !== null) await this.#session.undo(this.last.action);
  }

  /** Tells the phone of a reminder that is due, once. */
  tellReminder(): void {
    const { due } = this;
    const name = due === null ? null : `${due.why}-${due.at}`;
    if (due === null || name === null || name === this.#told) return;
    this.#told = name;
    const { title, detail } = reminderWords(due);
    notify(title, detail, name);
  }

  #take(keys: readonly KeyLine[], what_for: KeyUse, alarm: AlarmFor | null, text: string): Promise<Done | null> {
    return this.#act({ do: 'take_keys', keys: keys.map(refOf), what_for, alarm, text }, texts.saidTaken(keys.length));
  }

  #report(line: KeyLine, report: KeyReport, said: string): Promise<Done | null> {
    return this.#act({ do: 'report_key', key: refOf(line), report }, said);
  }

  async #act(intent: Intent, said: string, onfail?: (error: DeviceError) => void): Promise<Done | null> {
    const done = await this.#session.act(intent, said, onfail);
    if (done?.can_undo) this.#pressed = { action: done.action, said, at: this.#session.clock.now };
    return done;
  }
}

export const [getKeys, setKeys] = createContext<Keys>();
