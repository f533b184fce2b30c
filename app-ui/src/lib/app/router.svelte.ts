import { SvelteMap } from 'svelte/reactivity';

/** Where the person is in the app: the parts of the address after `#/`. */
export class Router {
  parts = $state.raw<readonly string[]>([]);
  #steps = 0;
  readonly #scrolls = new SvelteMap<string, number>();

  constructor() {
    this.#read();
  }

  /** The first part: which screen. */
  get screen(): string {
    return this.parts[0] ?? '';
  }

  /** Follows the address until the returned function is called. */
  follow(): () => void {
    const read = () => this.#read();
    window.addEventListener('hashchange', read);
    return () => window.removeEventListener('hashchange', read);
  }

  /** Goes to a screen, so that "back" comes back here. */
  go(...parts: string[]): void {
    this.#steps += 1;
    this.#scrolls.set(this.parts.join('/'), window.scrollY);
    location.hash = path(parts);
    this.parts = parts;
  }

  /** How far down she was on this screen when she left it; forgotten once asked. */
  takeScroll(): number | null {
    const key = this.parts.join('/');
    const scroll = this.#scrolls.get(key) ?? null;
    this.#scrolls.delete(key);
    return scroll;
  }

  /** Puts another screen in this one's place. */
  replace(...parts: string[]): void {
    history.replaceState(null, '', path(parts));
    this.parts = parts;
  }

  /** Goes back to where she came from, or to the screen above when the app was opened here. */
  back(...above: string[]): void {
    if (this.#steps === 0) return this.replace(...above);
    this.#steps -= 1;
    history.back();
  }

  #read(): void {
    const parts = parse(location.hash);
    if (parts.join('/') !== this.parts.join('/')) this.parts = parts;
  }
}

/** `#/visit/…` as its parts. */
export function parse(hash: string): string[] {
  if (!hash.startsWith('#/')) return [];
  return hash.slice(2).split('/').filter((part) => part !== '').map(decodeURIComponent);
}

/** The parts as an address. */
export function path(parts: readonly string[]): string {
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}
