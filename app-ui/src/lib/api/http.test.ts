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

test('however many listen, the host is asked for one stream, which ends with the last of them', () => {
  const signals: AbortSignal[] = [];
  vi.stubGlobal('fetch', (_: URL, { signal }: { signal: AbortSignal }) => {
    signals.push(signal);
    return new Promise<Response>(() => undefined);
  });
  const device = new HttpDevice('secret', new URL('http://127.0.0.1:1/'));
  const stops = Array.from({ length: 7 }, () => device.events(() => undefined));
  expect(signals).toHaveLength(1);
  for (const stop of stops.slice(1)) stop();
  expect(signals[0]?.aborted).toBe(false);
  stops[0]?.();
  expect(signals[0]?.aborted).toBe(true);
});

test('a stream that stands tells of what came before it, and every listener hears each event', async () => {
  const body = '{"event":"sync"}\n';
  const answer = (): Promise<Response> | Response => new Response(stream(body), { status: 200 });
  vi.stubGlobal('fetch', vi.fn(answer).mockImplementationOnce(() => new Promise<Response>((done) => setTimeout(() => done(answer())))));
  const device = new HttpDevice('secret', new URL('http://127.0.0.1:1/'));
  const heard: string[][] = [[], []];
  await new Promise<void>((done) => {
    const stops = heard.map((events) =>
      device.events((event) => {
        events.push(event.event);
        if (heard.every(({ length }) => length === 2)) {
          stops.forEach((stop) => stop());
          done();
        }
      }),
    );
  });
  expect(heard).toEqual([['changed', 'sync'], ['changed', 'sync']]);
});
