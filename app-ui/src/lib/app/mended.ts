import type { Mended } from '../api/generated';
import { mendedTexts } from './texts';

/** What a damage cost, in words; `at` says when it was found. */
export function mendedWords({ lost }: Mended, at: string): string {
  if (lost === null) return mendedTexts.some(at);
  return lost === 0 ? mendedTexts.whole(at) : mendedTexts.lost(at, lost);
}
