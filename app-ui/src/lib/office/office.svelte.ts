import { createContext } from 'svelte';

import type { KeyFilter } from '../api/generated';
import { Live } from '../app/live.svelte';
import type { Session } from '../app/session.svelte';
import type { Cell } from './axis';

/** What the office looks at: which day, which visit, and the lists that follow the device. */
export class Office {
  readonly #session: Session;
  #read: readonly string[] = [];
  /** `null` is today, also after midnight. */
  date = $state<string | null>(null);
  /** The visit that lies open beside the board. */
  visit = $state<string | null>(null);
  /** Where the keyboard stands on the board. */
  cell = $state.raw<Cell | null>(null);

  /** Which keys the office looks at, and what it searches them for. */
  keyFilter = $state<KeyFilter>('needs_office');
  keyText = $state('');

  readonly board = new Live(() => this.#session.device.call('board', { date: this.date }));
  readonly late = new Live(() => this.#session.device.call('late_notices', { date: this.date }));
  readonly refused = new Live(() => this.#session.device.call('refused', {}));
  readonly incidents = new Live(() => this.#session.device.call('incidents', {}));
  readonly keys = new Live(() => this.#session.device.call('key_board', { filter: this.keyFilter, text: this.keyText }));

  constructor(session: Session) {
    this.#session = session;
  }

  /** Follows what every room shows, until the returned function is called. */
  follow(): () => void {
    const { device } = this.#session;
    const stops = [this.board.follow(device)];
    let isOver = false;
    // The board is what the office begins with: nothing else is asked before it has answered.
    void this.board.settled().then(() => {
      if (!isOver) stops.push(...[this.late, this.incidents, this.refused, this.keys].map((list) => list.follow(device)));
    });
    return () => {
      isOver = true;
      stops.forEach((stop) => stop());
    };
  }

  /** Looks at another day. */
  async show(date: string | null): Promise<void> {
    this.date = date;
    this.cell = null;
    await Promise.all([this.board.reload(), this.late.reload()]);
  }

  /** Looks at other keys. */
  async showKeys(filter: KeyFilter, text: string): Promise<void> {
    this.keyFilter = filter;
    this.keyText = text;
    await this.keys.reload();
  }

  /** Says that this person opened what needs a person, once. Nothing is lost if it cannot be said now. */
  async markRead(document: string, facts: readonly string[]): Promise<void> {
    const unread = facts.filter((fact) => !this.#read.includes(fact));
    if (unread.length === 0) return;
    this.#read = [...this.#read, ...unread];
    await this.#session.device
      .call('act', { intent: { do: 'mark_read', document, facts: unread } })
      .catch(() => undefined);
  }
}

export const [getOffice, setOffice] = createContext<Office>();
