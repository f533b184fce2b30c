const WAIT_MS = 1_000;
/** Between what is scrolled to and what lies over the page. */
const GAP_PX = 8;

/** Pixels of the page's edges that something lies over. */
export interface Covered {
  readonly head: number;
  readonly edge: number;
}

/**
 * Scrolls a new screen to where it was left, once it is tall enough; a screen never seen goes to its top, or to the part
 * that matters now where it has one. Gives up when the returned function is called or nothing comes.
 */
export function settle(left: number | null, covered: Covered): () => void {
  const begun = performance.now();
  if (left === null) window.scrollTo({ top: 0, behavior: 'instant' });
  let frame = requestAnimationFrame(function look() {
    if (arrive(left, covered) || performance.now() - begun > WAIT_MS) return;
    frame = requestAnimationFrame(look);
  });
  return () => cancelAnimationFrame(frame);
}

function arrive(left: number | null, covered: Covered): boolean {
  if (left !== null) {
    window.scrollTo({ top: left, behavior: 'instant' });
    return Math.abs(window.scrollY - left) < 2;
  }
  const hasNews = document.querySelector('[data-news]') !== null;
  const here = document.querySelector('[data-here]');
  if (here === null || hasNews) return hasNews;
  bring(here, covered);
  return true;
}

/** Scrolls so that the part is seen between what lies over the page. */
export function bring(part: Element, { head, edge }: Covered): void {
  const { top, bottom } = part.getBoundingClientRect();
  window.scrollBy({ top: wayInto({ top, bottom }, { top: head, bottom: window.innerHeight - edge }), behavior: 'instant' });
}

interface Stretch {
  readonly top: number;
  readonly bottom: number;
}

/** How far to scroll so that the part is seen whole, or from its top where it is taller than what is free. */
export function wayInto(part: Stretch, free: Stretch): number {
  return Math.max(0, Math.min(part.bottom - free.bottom + GAP_PX, part.top - free.top - GAP_PX));
}
