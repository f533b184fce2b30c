import type { CheckItem, NotCarriedOutReason, NotDoneReason, PauseCause, Stated, VisitCard, VisitView, WishView } from '../api/generated';
import { Live } from '../app/live.svelte';
import type { Session } from '../app/session.svelte';
import { Starting } from './starting.svelte';
import { texts } from './texts';

/** The list of open interventions, and when the visit ends after it. */
export interface Ending {
  readonly is: 'end';
  readonly at: Stated;
}

/** What is asked over the visit's screen. */
export type Question =
  | Ending
  | { readonly is: 'item'; readonly item: CheckItem }
  | { readonly is: 'not_done'; readonly item: CheckItem; /** The list that asked for another reason, and comes back. */ readonly ending?: Ending }
  | { readonly is: 'extra' | 'note' | 'no_key' | 'not_carried_out' | 'wrong_visit' | 'start_time' | 'end_time' };

/** A carer's work at one visit. */
export class VisitWork {
  readonly visit: string;
  readonly view: Live<VisitView>;
  readonly starting: Starting;
  question = $state.raw<Question | null>(null);
  readonly #session: Session;
  #listed = false;

  constructor(session: Session, visit: string) {
    this.#session = session;
    this.visit = visit;
    this.view = new Live(() => session.device.call('visit', { visit }));
    this.starting = new Starting(session);
  }

  /** Interventions that nobody has answered for. */
  get openItems(): CheckItem[] {
    return this.view.value?.items.filter(({ state }) => state === 'open') ?? [];
  }

  ask(question: Question): void {
    this.question = question;
  }

  /** Closes what is asked; the list of open interventions comes back. */
  close(): void {
    this.question = (this.question?.is === 'not_done' && this.question.ending) || null;
  }

  start(at?: Stated): Promise<void> {
    this.close();
    return this.starting.begin(this.visit, this.view.value?.running ?? [], at);
  }

  /** Ends it; interventions that are open are listed once, the second time it ends. */
  async end(at: Stated = { is: 'now' }): Promise<void> {
    if (this.openItems.length > 0 && !this.#listed) {
      this.#listed = true;
      return this.ask({ is: 'end', at });
    }
    await this.endAnyway(at);
  }

  /** Ends it whatever is open. */
  async endAnyway(at: Stated): Promise<void> {
    const done = await this.#session.act({ do: 'end_visit', visit: this.visit, at }, texts.saidEnded);
    if (done === null) return;
    this.close();
    this.#session.router.back();
  }

  async pause(cause: PauseCause): Promise<void> {
    await this.#session.act({ do: 'pause_visit', visit: this.visit, cause }, texts.saidPaused);
  }

  async resume(): Promise<void> {
    await this.#session.act({ do: 'resume_visit', visit: this.visit }, texts.saidResumed);
  }

  /** Presses an intervention's box: an open one is ticked, any other asks what is meant. */
  async press(item: CheckItem): Promise<void> {
    if (item.state === 'open') await this.done(item);
    else this.ask({ is: 'item', item });
  }

  async done(item: CheckItem): Promise<void> {
    this.#closeUnlessEnding();
    await this.#session.act({ do: 'mark_done', visit: this.visit, items: [item.key] }, texts.saidDone(item.name));
  }

  async allDone(): Promise<void> {
    await this.#session.act({ do: 'mark_all_done', visit: this.visit }, texts.saidAllDone);
  }

  async notDone(item: CheckItem, reason: NotDoneReason, text: string): Promise<void> {
    this.#closeUnlessEnding();
    const intent = { do: 'mark_not_done', visit: this.visit, items: [item.key], reason, text } as const;
    await this.#session.act({ ...intent, items: [item.key] }, texts.saidNotDone(item.name));
  }

  async addExtra({ code, name }: WishView): Promise<void> {
    this.close();
    await this.#session.act({ do: 'add_extra', visit: this.visit, code }, texts.saidExtra(name));
  }

  /** Writes a note. */
  async writeNote(text: string): Promise<void> {
    const done = await this.#session.act({ do: 'write_note', visit: this.visit, text }, texts.saidNote);
    if (done !== null) this.close();
  }

  async notCarriedOut(reason: NotCarriedOutReason, text: string): Promise<void> {
    this.close();
    await this.#session.act({ do: 'not_carried_out', visit: this.visit, reason, text }, texts.saidNotCarriedOut);
  }

  async moveStart({ document, name }: VisitCard): Promise<void> {
    this.close();
    const done = await this.#session.act({ do: 'move_start', from: this.visit, to: document }, texts.saidMoved(name));
    if (done !== null) this.#session.router.replace('visit', document);
  }

  async takeBack(facts: string[]): Promise<void> {
    this.close();
    await this.#session.act({ do: 'withdraw', document: this.visit, facts }, texts.takenBack);
  }

  /** Takes back that the visit began; then there is none to show. */
  async takeBackBeginning(fact: string): Promise<void> {
    const done = await this.#session.act({ do: 'withdraw', document: this.visit, facts: [fact] }, texts.takenBack);
    if (done !== null) this.#session.router.back();
  }

  #closeUnlessEnding(): void {
    if (this.question?.is !== 'end') this.close();
  }
}
