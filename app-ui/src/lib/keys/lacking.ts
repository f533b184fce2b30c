import type { Device } from '../api/device';
import type { KeyLine, VisitCard } from '../api/generated';

/** Every copy of every key to the home of a visit. */
export async function linesFor(device: Device, { recipient, key }: VisitCard): Promise<KeyLine[]> {
  const keys = recipient === null ? [] : (await device.call('recipient', { recipient })).keys;
  const tags = new Set([...(key === null ? [] : [key]), ...keys].map(({ tag }) => tag));
  const found = await Promise.all([...tags].map((text) => device.call('find_tag', { text })));
  return found.flatMap((tag) => (tag.is === 'known' ? tag.lines : []));
}
