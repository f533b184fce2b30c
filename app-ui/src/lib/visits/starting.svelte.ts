import type { Done, EndOther, Intent, Stated, VisitCard } from '../api/generated';
import type { Session } from '../app/session.svelte';
import { texts } from './texts';

/** A visit about to begin while others of hers are under way. */
export interface Leaving {
  /** Begins it, once it is known when she left the others. */
  readonly begin: (ended: EndOther[]) => Promise<void>;
  /** Whether those that she has not left are paused for it, or go on. */
  readonly pauses: boolean;
  /** Visits still to ask about; the first is being asked about. */
  readonly running: readonly VisitCard[];
  readonly ended: readonly EndOther[];
}

/** Who an unplanned visit is to, and why. */
export type Unplanned = Omit<Extract<Intent, { do: 'begin_unplanned' }>, 'do' | 'end_other'>;

/** Begins visits, and asks when she left the ones that still run. It never refuses to begin. */
export class Starting {
  leaving = $state.raw<Leaving | null>(null);
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Begins a visit, after asking about each that is under way. */
  async begin(visit: string, running: readonly VisitCard[], at: Stated = { is: 'now' }): Promise<void> {
    const others = running.filter(({ document }) => document !== visit);
    const begin = async (ended: EndOther[]) => this.#show(await this.#act({ do: 'start_visit', visit, at, end_other: ended }), visit);
    await this.#next({ begin, pauses: false, running: others, ended: [] });
  }

  /** Begins a visit that nobody planned, after asking about each that is under way. */
  async beginUnplanned(unplanned: Unplanned, running: readonly VisitCard[]): Promise<void> {
    const begin = async (ended: EndOther[]) => {
      const done = await this.#act({ do: 'begin_unplanned', ...unplanned, end_other: ended });
      this.#show(done, done?.began ?? null);
    };
    await this.#next({ begin, pauses: true, running, ended: [] });
  }

  /** Takes the answer for the visit asked about; null if she is not finished there. */
  async answer(at: Stated | null): Promise<void> {
    const [asked, ...rest] = this.leaving?.running ?? [];
    if (this.leaving === null || asked === undefined) return;
    const ended = at === null ? this.leaving.ended : [...this.leaving.ended, { visit: asked.document, at }];
    await this.#next({ ...this.leaving, running: rest, ended });
  }

  /** Does not begin after all. */
  cancel(): void {
    this.leaving = null;
  }

  async #next(leaving: Leaving): Promise<void> {
    if (leaving.running.length > 0) {
      this.leaving = leaving;
      return;
    }
    this.leaving = null;
    await leaving.begin([...leaving.ended]);
  }

  #act(intent: Intent): Promise<Done | null> {
    return this.#session.act(intent, texts.saidStarted);
  }

  #show(done: Done | null, visit: string | null): void {
    if (done !== null && visit !== null && this.#session.router.parts[1] !== visit) this.#session.router.go('visit', visit);
  }
}
