const WAIT_MS = 1_000;

/**
 * Scrolls a new screen to where it was left, once it is tall enough; a screen never seen goes to its top, or to the part
 * that matters now where it has one. Gives up when the returned function is called or nothing comes.
 */
export function settle(left: number | null): () => void {
  const begun = performance.now();
  if (left === null) window.scrollTo({ top: 0, behavior: 'instant' });
  let frame = requestAnimationFrame(function look() {
    if (arrive(left) || performance.now() - begun > WAIT_MS) return;
    frame = requestAnimationFrame(look);
  });
  return () => cancelAnimationFrame(frame);
}

function arrive(left: number | null): boolean {
  if (left !== null) {
    window.scrollTo({ top: left, behavior: 'instant' });
    return Math.abs(window.scrollY - left) < 2;
  }
  const hasNews = document.querySelector('[data-news]') !== null;
  const here = document.querySelector('[data-here]');
  if (here === null || hasNews) return hasNews;
  const { bottom } = here.getBoundingClientRect();
  if (bottom > window.innerHeight) here.scrollIntoView({ block: 'center', behavior: 'instant' });
  return true;
}
