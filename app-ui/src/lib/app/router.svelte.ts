import { SvelteMap } from 'svelte/reactivity';

/** Where the person is in the app: the parts of the address after `#/`. */
export class Router {
  parts = $state.raw<readonly string[]>([]);
  /** How many screens lie behind this one; kept in the browser's history, which may go either way. */
  #depth: number;
  readonly #scrolls = new SvelteMap<string, number>();

  constructor() {
    this.parts = parse(location.hash);
    this.#depth = depthOf(history.state) ?? 0;
    history.scrollRestoration = 'manual';
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
    if (path(parts) === path(this.parts)) return;
    this.#show(parts);
    location.hash = path(parts);
  }

  /** Puts another screen in this one's place. */
  replace(...parts: string[]): void {
    this.readdress(...parts);
    this.parts = parts;
  }

  /** Gives this screen another address, under which it is found when the app is opened anew. */
  readdress(...parts: string[]): void {
    history.replaceState({ depth: this.#depth }, '', path(parts));
  }

  /** Goes back to where she came from, or to the screen above when the app was opened here. */
  back(...above: string[]): void {
    if (this.#depth === 0) this.replace(...above);
    else history.back();
  }

  /** How far down she was on this screen when she left it; forgotten once asked. */
  takeScroll(): number | null {
    const key = path(this.parts);
    const scroll = this.#scrolls.get(key) ?? null;
    this.#scrolls.delete(key);
    return scroll;
  }

  #read(): void {
    const depth = depthOf(history.state);
    this.#depth = depth ?? this.#depth + 1;
    if (depth === null) history.replaceState({ depth: this.#depth }, '');
    const parts = parse(location.hash);
    if (path(parts) !== path(this.parts)) this.#show(parts);
  }

  #show(parts: readonly string[]): void {
    this.#scrolls.set(path(this.parts), window.scrollY);
    this.parts = parts;
  }
}

function depthOf(state: unknown): number | null {
  if (typeof state !== 'object' || state === null || !('depth' in state)) return null;
  return typeof state.depth === 'number' ? state.depth : null;
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
