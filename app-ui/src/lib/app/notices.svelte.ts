import type { DeviceError } from '../api/device';

/** How long an undo is offered on the screen; later it is found at the visit. */
export const UNDO_MS = 10_000;

/** What the person was just told. */
export interface Notice {
  readonly text: string;
  readonly error: DeviceError | null;
  readonly undo: (() => Promise<void>) | null;
}

/** The one line at the bottom edge that says what just happened. */
export class Notices {
  notice = $state.raw<Notice | null>(null);
  /** Where it can be said, the topmost last: an open sheet covers the page, and nothing under it can be read or pressed. */
  #places = $state.raw<readonly symbol[]>([]);
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** Whether it is said here: in the topmost place. */
  isSaidAt(place: symbol): boolean {
    return this.#places.at(-1) === place;
  }

  /** Puts a place over all others until the returned function is called. */
  put(place: symbol): () => void {
    this.#places = [...this.#places, place];
    return () => (this.#places = this.#places.filter((each) => each !== place));
  }

  /** Says what was done, with a way to take it back. */
  say(text: string, undo: (() => Promise<void>) | null): void {
    this.#show({ text, error: null, undo });
    this.#timer = setTimeout(() => this.clear(), UNDO_MS);
  }

  /** Says what failed, until the person has read it. */
  fail(error: DeviceError): void {
    this.#show({ text: '', error, undo: null });
  }

  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.notice = null;
  }

  #show(notice: Notice): void {
    this.clear();
    this.notice = notice;
  }
}
