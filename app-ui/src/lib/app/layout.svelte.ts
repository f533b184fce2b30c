import { createContext } from 'svelte';

import type { Session } from './session.svelte';

const LARGE_TEXT_PERCENT = 150;
/** Room for a main action at the bottom edge. */
const ACTION_PX = 80;

/** How much of the edges is taken, so that what lies between them knows where to stop. */
export class Layout {
  /** Pixels of the screen's main action. */
  actions = $state(0);
  /** Pixels of the screen's head, wherever it is. */
  headHeight = $state(0);
  /** Pixels of the tabs, wherever they are. */
  tabsHeight = $state(0);
  /** Whether the text is so large that only the main action may stay at the edge: the rest of the screen is for reading. */
  readonly isLarge: boolean = $derived.by(() => (this.#session.app?.preferences.text_size ?? 100) >= LARGE_TEXT_PERCENT);
  /** Pixels of the edge that the tabs take. */
  readonly tabs: number = $derived(this.isLarge ? 0 : this.tabsHeight);
  /** Pixels of the top edge that the head takes. */
  readonly head: number = $derived(this.isLarge ? 0 : this.headHeight);
  /** Pixels of the bottom edge that the tabs take and a main action takes or may take. */
  readonly edge: number = $derived(this.tabs + ACTION_PX);
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }
}

export const [getLayout, setLayout] = createContext<Layout>();
