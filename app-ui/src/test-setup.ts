import { beforeEach, vi } from 'vitest';

/** The little of a browser that state classes touch. */
beforeEach(() => {
  const location = { hash: '', search: '', pathname: '/', href: 'http://127.0.0.1/' };
  vi.stubGlobal('location', location);
  vi.stubGlobal('window', { scrollY: 0, scrollTo: () => undefined, addEventListener: () => undefined, removeEventListener: () => undefined });
  vi.stubGlobal('history', {
    state: null,
    replaceState: (_: unknown, __: string, to?: string) => {
      if (to !== undefined) location.hash = to.startsWith('#') ? to : '';
    },
    back: () => undefined,
  });
});
