import { DeviceError } from '../api/device';
import type { DraftText } from '../api/generated';
import type { Session } from '../app/session.svelte';
import { texts } from './texts';

/** A pause in typing as long as this makes a saved version of the draft. */
export const PAUSE_MS = 1_500;

/** How far what is being typed has come. */
export type Kept = 'empty' | 'saving' | 'saved' | 'failed';

/** A text in which nothing is written yet. */
export function blank(): DraftText {
  return { incident: null, visit: null, recipient: null, when: null, happened: '', measures: '', police: null };
}

/** An incident note while it is written: kept at each key press, saved at each pause. */
export class Draft {
  text = $state<DraftText>(blank());
  /** Whose name stands under "who". */
  recipientName = $state('');
  kept = $state<Kept>('empty');
  tried = $state(false);
  /** The draft's document, once it has one. */
  document = $state<string | null>(null);
  readonly #session: Session;
  #pause: ReturnType<typeof setTimeout> | null = null;
  #work: Promise<void> = Promise.resolve();
  #unsaved = false;

  constructor(session: Session, document: string | null) {
    this.#session = session;
    this.document = document;
  }

  get kindIsMissing(): boolean {
    return this.tried && this.text.incident === null;
  }

  get happenedIsMissing(): boolean {
    return this.tried && this.text.happened.trim() === '';
  }

  /** Takes up what was written before. */
  take(text: DraftText, recipientName: string): void {
    this.text = { ...text };
    this.recipientName = recipientName;
    this.kept = 'saved';
  }

  /** Keeps a change at once, and saves it at the next pause. */
  change(change: Partial<DraftText>): void {
    Object.assign(this.text, change);
    this.#unsaved = true;
    this.kept = 'saving';
    if (this.#pause !== null) clearTimeout(this.#pause);
    this.#pause = setTimeout(() => void this.save(), PAUSE_MS);
    void this.#do(async () => {
      await this.#session.device.call('keep_typing', { draft: this.document, text: $state.snapshot(this.text) });
      this.kept = 'saved';
    });
  }

  /** Saves what is written as a version of the draft. */
  async save(): Promise<void> {
    if (this.#pause !== null) clearTimeout(this.#pause);
    this.#pause = null;
    if (!this.#unsaved) return this.#work;
    this.#unsaved = false;
    await this.#do(async () => {
      const intent = { do: 'save_draft', draft: this.document, text: $state.snapshot(this.text) } as const;
      const { began } = await this.#session.device.call('act', { intent });
      this.document = began ?? this.document;
      this.kept = 'saved';
    });
  }

  /** Sends it in, if it says what it is about and what happened; whether it did. */
  async submit(): Promise<boolean> {
    this.tried = true;
    if (this.text.incident === null || this.text.happened.trim() === '') return false;
    if (this.document === null) this.#unsaved = true;
    await this.save();
    if (this.document === null) return false;
    return (await this.#session.act({ do: 'submit_draft', draft: this.document }, texts.saidSubmitted)) !== null;
  }

  /** Puts it away; whether it did. */
  async discard(): Promise<boolean> {
    await this.save();
    if (this.document === null) return true;
    return (await this.#session.act({ do: 'discard_draft', draft: this.document }, texts.saidDiscarded)) !== null;
  }

  /** One call after the other: a version never overtakes a later one. */
  #do(step: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(step).catch((reason: unknown) => {
      this.kept = 'failed';
      this.#unsaved = true;
      this.#session.notices.fail(DeviceError.from(reason));
    });
    return this.#work;
  }
}
