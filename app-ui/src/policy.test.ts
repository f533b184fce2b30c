import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { POLICY } from './policy';

const root = new URL('../../', import.meta.url);

test('the loopback host sends the policy that the browser tests meet', () => {
  const host = readFileSync(new URL('crates/xtask/src/demo/host.rs', root), 'utf8');
  const sent = /CONTENT_POLICY: &str = "([^"]*)"/.exec(host)?.[1];
  expect(sent?.replaceAll(/\\\n\s*/g, '')).toBe(POLICY);
});

test('the Tauri window has the same policy, but calls the shell alone', () => {
  const config: unknown = JSON.parse(readFileSync(new URL('src-tauri/tauri.conf.json', root), 'utf8'));
  const csp = POLICY.replace("connect-src 'self'", 'connect-src ipc: http://ipc.localhost');
  expect(config).toMatchObject({ app: { security: { csp } } });
});
