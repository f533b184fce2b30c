import type { SyncChip } from '../api/generated';
import { texts } from './texts';

/** How a chip looks, by what it says. */
export type Look = 'sent' | 'waiting' | 'working' | 'trouble';

/** The state of sync in words, and how it looks. */
export function chipWords({ state, unsent, refused, percent }: SyncChip): { look: Look; words: string } {
  if (state === 'trouble') return { look: 'trouble', words: texts.trouble };
  if (state === 'loading') return { look: 'working', words: texts.loading(percent ?? 0) };
  if (refused > 0) return { look: 'trouble', words: texts.refused(refused) };
  if (state === 'working') return { look: 'working', words: texts.working };
  if (unsent > 0) return { look: 'waiting', words: texts.unsent(unsent) };
  return state === 'offline' ? { look: 'waiting', words: texts.offline } : { look: 'sent', words: texts.allSent };
}
