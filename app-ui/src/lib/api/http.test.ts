import { afterEach, expect, test, vi } from 'vitest';

import { message } from './device';
import { HttpDevice, readLines, takeToken } from './http';

afterEach(() => vi.unstubAllGlobals());

function stream(...chunks: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });
}

test('events are whole lines, wherever the stream was cut', async () => {
  const lines: string[] = [];
  await readLines(stream('{"event":"cha', 'nged"}\n\n{"ev', 'ent":"changed"}\n{"half'), (line) => lines.push(line));
  expect(lines).toEqual(['{"event":"changed"}', '{"event":"changed"}']);
});

test('the secret leaves the address and stays in the tab', () => {
  const kept = new Map<string, string>();
  const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) } as unknown as Storage;
  location.hash = '#token=abc_DEF-1';
  expect(takeToken(location, storage, history)).toBe('abc_DEF-1');
  expect(location.hash).toBe('');
  expect(takeToken(location, storage, history)).toBe('abc_DEF-1');
});

test('a command without arguments is sent without them', () => {
  expect(message('app', {})).toEqual({ command: 'app' });
  expect(message('day', { date: null })).toEqual({ command: 'day', args: { date: null } });
});

test('an answer that is an error rejects with its code', async () => {
  const fetched = vi.fn(() => Promise.resolve(new Response('{"code":"code_refused","detail":null}', { status: 400 })));
  vi.stubGlobal('fetch', fetched);
  const device = new HttpDevice('secret', new URL('http://127.0.0.1:1/'));
  await expect(device.call('enrol', { server: 's', code: 'c' })).rejects.toMatchObject({ code: 'code_refused' });
  expect(fetched).toHaveBeenCalledWith(new URL('http://127.0.0.1:1/rpc'), expect.objectContaining({ method: 'POST' }));
});

test('a host that answers garbage is an internal error, not a crash', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('<html>', { status: 502 })));
  const device = new HttpDevice('secret', new URL('http://127.0.0.1:1/'));
  await expect(device.call('app', {})).rejects.toMatchObject({ code: 'internal' });
});
