const TICK_MS = 5_000;

/** The device's clock, counted on from what it last said; the phone's own clock in the page may differ. */
export class Clock {
  /** Seconds since 1970. */
  now = $state(0);
  #offset_seconds = 0;

  /** Sets it by what the device says. */
  set(now: number): void {
    this.#offset_seconds = now - Date.now() / 1000;
    this.now = now;
  }

  /** Lets it run until the returned function is called. */
  run(): () => void {
    const timer = setInterval(() => {
      this.now = Math.floor(Date.now() / 1000 + this.#offset_seconds);
    }, TICK_MS);
    return () => clearInterval(timer);
  }
}
