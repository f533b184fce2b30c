import { DeviceError } from '../api/device';
import type { LatePreview, LatePreviewLine, LateReason, LateVisit, ToldOutcome, VisitCard, VisitView } from '../api/generated';
import type { Session } from '../app/session.svelte';
import { dateOf, parseTime } from '../time/format';
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
  /** When it was saved on the phone; null where that is not known. */
  savedAt = $state<number | null>(null);
  timeIsWrong = $state(false);
  /** The first visit that is late. */
  readonly visit: string;
  /** When each visit that is late already is said to begin. */
  #standing = $state.raw<readonly LateVisit[]>([]);
  readonly #session: Session;
  #turn = 0;

  constructor(session: Session, visit: string, reason: LateReason = 'previous_visit') {
    this.reason = reason;
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

  /** Whose new time is not saved. To save a time again would forget who was told of it. */
  get unsaved(): readonly LatePreviewLine[] {
    const isSaved = (line: LatePreviewLine) => this.#standing.some(({ visit, expected }) => visit === line.visit && expected === line.expected);
    return this.lines.filter((line) => !isSaved(line));
  }

  /** Whether all that is shown is saved, so that those it moves can be told. */
  get isSaved(): boolean {
    return this.lines.length > 0 && this.unsaved.length === 0;
  }

  /** Takes up the notice that stands, and follows who is told, until the returned function is called. */
  follow(): () => void {
    void this.takeUp();
    return this.#session.device.events((event) => event.event === 'changed' && void this.refresh());
  }

  /** Takes up the notice that stands for the visit, if there is one and nothing is chosen instead. */
  async takeUp(): Promise<void> {
    const view = await this.#readStanding();
    if (view === null || this.delay !== null) return;
    const { late } = view.card;
    const preview = late === null || this.#standing.length === 0 ? null : await this.#status(this.#standing);
    if (this.delay !== null) return;
    const isFirst = this.preview === null;
    this.preview = preview;
    if (late === null || preview === null || !isFirst) return;
    const said = view.own_facts.find(({ kind }) => kind === 'late');
    this.reason = late.reason;
    this.words ||= said?.about ?? '';
    this.savedAt = said?.at ?? null;
  }

  /** Takes a delay and shows whom it moves. What was saved before is then an older notice. */
  async choose(delay: number | 'clock'): Promise<void> {
    this.delay = delay;
    this.preview = null;
    this.timeIsWrong = false;
    if (delay !== 'clock') await this.#show(delay, null);
  }

  /** Takes a time as it is typed. */
  async type(text: string): Promise<void> {
    this.preview = null;
    const time = parseTime(text);
    if (time !== null) await this.#show(null, time);
  }

  /** Saves the new times. */
  async save(): Promise<void> {
    await this.#readStanding();
    const visits = this.unsaved.map(({ visit, expected }) => ({ visit, expected }));
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
    if (this.delay === null) return this.takeUp();
    await this.#readStanding();
    if (!this.isSaved || this.preview === null) return;
    const turn = this.#turn;
    const status = await this.#status(this.lines);
    if (status !== null && turn === this.#turn) this.preview = { ...this.preview, lines: status.lines };
  }

  /** Reads which of the day's visits are said to be late and have not begun, and the first one however it is; answers that. */
  async #readStanding(): Promise<VisitView | null> {
    const { device } = this.#session;
    try {
      const view = await device.call('visit', { visit: this.visit });
      if (view.card.start === null) return view;
      const counts = ({ document, state }: VisitCard) => state === 'planned' || document === this.visit;
      const { stops } = await device.call('day', { date: dateOf(view.card.start) });
      this.#standing = stops.flatMap((stop) =>
        stop.is === 'visit' && counts(stop) && stop.late !== null ? [{ visit: stop.document, expected: stop.late.expected }] : [],
      );
      return view;
    } catch (reason) {
      this.#session.notices.fail(DeviceError.from(reason));
      return null;
    }
  }

  #status(lines: readonly LateVisit[]): Promise<LatePreview | null> {
    const visits = lines.map(({ visit, expected }) => ({ visit, expected }));
    return this.#session.device.call('late_status', { visits }).catch(() => null);
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
