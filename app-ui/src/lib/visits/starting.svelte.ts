import type { EndOther, Stated, VisitCard } from '../api/generated';
import type { Session } from '../app/session.svelte';
import { texts } from './texts';

/** A visit about to begin while others of hers run. */
export interface Leaving {
  readonly visit: string;
  readonly at: Stated;
  /** Visits still to ask about; the first is being asked about. */
  readonly running: readonly VisitCard[];
  readonly ended: readonly EndOther[];
}

/** Begins visits, and asks when she left the ones that still run. It never refuses to begin. */
export class Starting {
  leaving = $state.raw<Leaving | null>(null);
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Begins a visit, after asking about each that runs. */
  async begin(visit: string, running: readonly VisitCard[], at: Stated = { is: 'now' }): Promise<void> {
    const others = running.filter(({ document }) => document !== visit);
    await this.#next({ visit, at, running: others, ended: [] });
  }

  /** Takes the answer for the visit asked about; null leaves it running. */
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
    const { visit, at, ended } = leaving;
    const done = await this.#session.act({ do: 'start_visit', visit, at, end_other: [...ended] }, texts.saidStarted);
    if (done !== null && this.#session.router.parts[1] !== visit) this.#session.router.go('visit', visit);
  }
}
