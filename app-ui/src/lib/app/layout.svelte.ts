import { createContext } from 'svelte';

/** How much of the bottom edge is taken, so that what lies above it knows where to stop. */
export class Layout {
  /** Pixels of the tabs. */
  tabs = $state(0);
  /** Pixels of the screen's main action. */
  actions = $state(0);
}

export const [getLayout, setLayout] = createContext<Layout>();
