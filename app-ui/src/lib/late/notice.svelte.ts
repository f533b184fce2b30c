import { DeviceError } from '../api/device';
import type { LatePreview, LatePreviewLine, LateReason, LateVisit, ToldOutcome } from '../api/generated';
import type { Session } from '../app/session.svelte';
import { parseTime } from '../time/format';
import { texts } from './texts';

/** The delays offered, minutes. */
export const DELAYS: readonly number[] = [5, 10, 15, 20, 30, 45, 60];

/** A notice that visits will begin later, and who has been told. */
export class LateNotice {
  /** Minutes, or by the clock; null until chosen. */
  delay = $state<number | 'clock' | null>(null);
  time = $state('');
  reason = $state<LateReason>('previous_visit');
  words = $state('');
  preview = $state.raw<LatePreview | null>(null);
  /** When it was saved on the phone. */
  savedAt = $state<number | null>(null);
  timeIsWrong = $state(false);
  /** The first visit that is late. */
  readonly visit: string;
  readonly #session: Session;
  #turn = 0;

  constructor(session: Session, visit: string) {
    this.#session = session;
    this.visit = visit;
  }

  /** Whom it moves. */
  get lines(): readonly LatePreviewLine[] {
    return this.preview?.lines ?? [];
  }

  /** Who does not know yet. */
  get untold(): readonly LatePreviewLine[] {
    return this.lines.filter(({ told }) => told === null || told === 'no_answer');
  }

  /** Takes a delay and shows whom it moves. What was saved before is then an older notice. */
  async choose(delay: number | 'clock'): Promise<void> {
    this.delay = delay;
    this.savedAt = null;
    this.preview = null;
    this.timeIsWrong = false;
    if (delay !== 'clock') await this.#show(delay, null);
  }

  /** Takes a time as it is typed. */
  async type(text: string): Promise<void> {
    this.savedAt = null;
    this.preview = null;
    const time = parseTime(text);
    if (time !== null) await this.#show(null, time);
  }

  /** Saves the new times. */
  async save(): Promise<void> {
    const visits = this.#visits();
    if (visits.length === 0) return;
    const intent = { do: 'report_late', visits, reason: this.reason, text: this.words.trim() } as const;
    const done = await this.#session.act({ ...intent, visits }, texts.said);
    if (done === null) return;
    this.savedAt = this.#session.clock.now;
    await this.refresh();
  }

  /** Says what came of telling one of them. */
  async tell({ visit, name }: LatePreviewLine, outcome: ToldOutcome): Promise<void> {
    await this.#session.act({ do: 'tell', visit, outcome }, texts.saidTold(name));
    await this.refresh();
  }

  /** Asks the office to call all who do not know yet. */
  async askOffice(): Promise<void> {
    const asked = this.untold.map(({ visit }) => this.#session.act({ do: 'tell', visit, outcome: 'office_asked' }));
    if ((await Promise.all(asked)).every((done) => done !== null)) this.#session.notices.say(texts.saidOffice, null);
    await this.refresh();
  }

  /** Reads how the notices stand. */
  async refresh(): Promise<void> {
    if (this.savedAt === null || this.preview === null) return;
    const status = await this.#session.device.call('late_status', { visits: this.#visits() }).catch(() => null);
    if (status !== null) this.preview = { ...this.preview, lines: status.lines };
  }

  #visits(): LateVisit[] {
    return this.lines.map(({ visit, expected }) => ({ visit, expected }));
  }

  async #show(minutes: number | null, time: string | null): Promise<void> {
    const turn = ++this.#turn;
    try {
      const preview = await this.#session.device.call('late_preview', { visit: this.visit, minutes, time });
      if (turn === this.#turn) this.preview = preview;
      this.timeIsWrong = false;
    } catch (reason) {
      const error = DeviceError.from(reason);
      if (error.code === 'bad_input') this.timeIsWrong = true;
      else this.#session.notices.fail(error);
    }
  }
}
