import { DeviceError, message, type Args, type Device, type Listener, type Name } from './device';
import type { Answers, Event } from './generated';

const TOKEN_KEY = 'rundan-token';
const RECONNECT_MS_MIN = 250;
const RECONNECT_MS_MAX = 5_000;

/** The device behind a loopback host that also serves the page. */
export class HttpDevice implements Device {
  readonly #token: string;
  readonly #base: URL;
  readonly #listeners = new Set<Listener>();
  #stream: AbortController | null = null;

  constructor(token: string, base: URL) {
    this.#token = token;
    this.#base = base;
  }

  async call<C extends Name>(command: C, args: Args<C>): Promise<Answers[C]> {
    let response: Response;
    try {
      response = await fetch(new URL('rpc', this.#base), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-rundan-token': this.#token },
        body: JSON.stringify(message(command, args)),
      });
    } catch {
      throw new DeviceError({ code: 'internal', detail: 'host' });
    }
    const body: unknown = await response.json().catch(() => null);
    if (!response.ok) throw DeviceError.from(body);
    return body as Answers[C];
  }

  /** All listeners share one stream: a browser opens six connections to a host, and calls need some. */
  events(listener: Listener): () => void {
    const each: Listener = (event) => listener(event);
    this.#listeners.add(each);
    if (this.#stream === null) {
      this.#stream = new AbortController();
      void this.#follow(this.#stream.signal);
    }
    return () => {
      this.#listeners.delete(each);
      if (this.#listeners.size > 0) return;
      this.#stream?.abort();
      this.#stream = null;
    };
  }

  #tell(event: Event): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** Reads the stream of events until told to stop, connecting again whenever it ends. */
  async #follow(signal: AbortSignal): Promise<void> {
    let pause = RECONNECT_MS_MIN;
    while (!signal.aborted) {
      try {
        const headers = { 'x-rundan-token': this.#token };
        const response = await fetch(new URL('events', this.#base), { headers, signal });
        if (response.ok && response.body !== null) {
          pause = RECONNECT_MS_MIN;
          // What happened before the stream stood is not told again.
          this.#tell({ event: 'changed' });
          await readLines(response.body, (line) => this.#tell(JSON.parse(line) as Event));
        }
      } catch {
        // The host is gone or the page is leaving; the loop decides which.
      }
      if (signal.aborted) return;
      await new Promise((done) => setTimeout(done, pause));
      pause = Math.min(pause * 2, RECONNECT_MS_MAX);
    }
  }
}

/** Calls back with each complete line of a stream. */
export async function readLines(body: ReadableStream<Uint8Array>, online: (line: string) => void): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') online(line);
  }
}

/** Takes the secret out of the link, so that it is neither shown nor shared, and keeps it for this tab. */
export function takeToken(location: Location, storage: Storage, history: History): string | null {
  const given = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (given !== undefined) {
    storage.setItem(TOKEN_KEY, given);
    history.replaceState(null, '', location.pathname + location.search);
    return given;
  }
  return storage.getItem(TOKEN_KEY);
}

