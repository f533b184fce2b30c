import { createContext } from 'svelte';

import type { Session } from './session.svelte';

const LARGE_TEXT_PERCENT = 150;

/** How much of the bottom edge is taken, so that what lies above it knows where to stop. */
export class Layout {
  /** Pixels of the screen's main action. */
  actions = $state(0);
  /** Pixels of the tabs, wherever they are. */
  tabsHeight = $state(0);
  /** Whether the text is so large that only the main action may stay at the edge: the rest of the screen is for reading. */
  readonly isLarge: boolean = $derived.by(() => (this.#session.app?.preferences.text_size ?? 100) >= LARGE_TEXT_PERCENT);
  /** Pixels of the edge that the tabs take. */
  readonly tabs: number = $derived(this.isLarge ? 0 : this.tabsHeight);
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }
}

export const [getLayout, setLayout] = createContext<Layout>();
