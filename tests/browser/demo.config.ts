import { defineConfig } from '@playwright/test';

import config from './playwright.config';

const { use, reporter, forbidOnly } = config;

/** The demo itself in a browser: the real devices, the real server, the other carers at work. */
export default defineConfig({
  testDir: './demo',
  outputDir: '../../target/demo-tests',
  // Each demo is a unit at work: one at a time is enough for two cores.
  workers: 1,
  timeout: 240_000,
  expect: { timeout: 30_000 },
  use: { ...use },
  ...(reporter ? { reporter } : {}),
  ...(forbidOnly ? { forbidOnly } : {}),
});
