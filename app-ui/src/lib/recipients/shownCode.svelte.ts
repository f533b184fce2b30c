/** How long a door code is shown. */
export const SHOWN_SECONDS = 30;

const TICK_MS = 1_000;

/** A door code on the screen, until half a minute has passed, whether or not the phone slept meanwhile, or the screen is left. */
export class ShownCode {
  code = $state<string | null>(null);
  /** Seconds left. */
  left = $state(0);
  #until_ms = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  show(code: string): void {
    this.hide();
    this.code = code;
    this.#until_ms = Date.now() + SHOWN_SECONDS * 1_000;
    this.left = SHOWN_SECONDS;
    this.#timer = setInterval(() => this.#look(), TICK_MS);
  }

  hide(): void {
    clearInterval(this.#timer);
    this.code = null;
  }

  /** Hides it when the page is covered, put away or left, until the returned function is called, which hides it too. */
  follow(page: Pick<Document, 'addEventListener' | 'removeEventListener'>): () => void {
    const hide = () => this.hide();
    page.addEventListener('visibilitychange', hide);
    return () => {
      page.removeEventListener('visibilitychange', hide);
      this.hide();
    };
  }

  #look(): void {
    this.left = Math.ceil((this.#until_ms - Date.now()) / 1_000);
    // A clock that is set back must not lengthen it.
    if (this.left <= 0 || this.left > SHOWN_SECONDS) this.hide();
  }
}
