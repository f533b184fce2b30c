import type { DayView, VisitCard } from '../api/generated';
import { Live } from '../app/live.svelte';
import type { Session } from '../app/session.svelte';
import { Starting, type Unplanned } from '../visits/starting.svelte';
import { texts } from './texts';

/** What is asked over the day's screen. */
export type DayQuestion = 'changes' | 'closing' | 'other_time' | 'unplanned' | 'days';

/** A carer's day. */
export class Day {
  readonly view: Live<DayView>;
  readonly starting: Starting;
  question = $state<DayQuestion | null>(null);
  /** Whether the main action of the card that matters now can be seen; if not, it stands at the bottom edge. */
  actionIsSeen = $state(true);
  readonly visits: VisitCard[] = $derived.by(() => this.view.value?.stops.filter((stop) => stop.is === 'visit') ?? []);
  /** All that are under way or paused, whatever day is shown. */
  readonly running: VisitCard[] = $derived.by(() => this.view.value?.running ?? []);
  /** The visit that matters now: the one under way, or the next to begin. */
  readonly current: VisitCard | null = $derived.by(() => {
    const next = this.view.value?.next;
    const isRunning = ({ state }: VisitCard) => state === 'running';
    return this.visits.find(isRunning) ?? this.visits.find(({ document }) => document === next) ?? null;
  });
  readonly shiftIsOn: boolean = $derived.by(() => {
    const worked = this.view.value?.run_sheet?.worked ?? [];
    return worked.length > 0 && worked.at(-1)?.end === null;
  });
  readonly #session: Session;

  /** The day of a date; the one that she works on if null. */
  constructor(session: Session, date: string | null) {
    this.#session = session;
    this.view = new Live(() => session.device.call('day', { date }));
    this.starting = new Starting(session);
  }

  get #runSheet(): string | null {
    return this.view.value?.run_sheet?.document ?? null;
  }

  ask(question: DayQuestion | null): void {
    this.question = question;
  }

  start(visit: string): Promise<void> {
    return this.starting.begin(visit, this.running);
  }

  beginUnplanned(unplanned: Unplanned): Promise<void> {
    return this.starting.beginUnplanned(unplanned, this.running);
  }

  async startShift(): Promise<void> {
    if (this.#runSheet === null) return;
    await this.#session.act({ do: 'start_shift', run_sheet: this.#runSheet }, texts.saidShiftStarted);
  }

  /** Ends it; says why she keeps keys, if she has any. */
  async endShift(keys_kept: string): Promise<void> {
    if (this.#runSheet === null) return;
    const done = await this.#session.act({ do: 'end_shift', run_sheet: this.#runSheet, keys_kept }, texts.saidShiftEnded);
    if (done !== null) this.ask(null);
  }

  async startBreak(): Promise<void> {
    if (this.#runSheet === null) return;
    await this.#session.act({ do: 'start_break', run_sheet: this.#runSheet }, texts.saidRestStarted);
  }

  async endBreak(): Promise<void> {
    if (this.#runSheet === null) return;
    await this.#session.act({ do: 'end_break', run_sheet: this.#runSheet }, texts.saidRestEnded);
  }

  async acknowledge(): Promise<void> {
    this.ask(null);
    const documents = this.view.value?.changes.map(({ document }) => document) ?? [];
    if (documents.length === 0) return;
    await this.#session.act({ do: 'acknowledge', run_sheet: this.#runSheet, documents }, texts.saidRead);
  }
}
