import { defineConfig, devices } from '@playwright/test';

const PORT = Number(process.env['RUNDAN_PAGE_PORT'] ?? '4173');
const phone = { ...devices['Pixel 5'], deviceScaleFactor: 1.5, locale: 'sv-SE', timezoneId: 'Europe/Stockholm' };

export default defineConfig({
  testDir: '.',
  outputDir: '../../target/browser-tests',
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  // Two busy cores: a story of a second may wait for its turn.
  timeout: 90_000,
  reporter: [['line']],
  use: {
    baseURL: `http://127.0.0.1:${PORT}/`,
    launchOptions: {
      executablePath: process.env['RUNDAN_CHROMIUM'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    },
  },
  projects: [
    { name: 'small', use: { ...phone, viewport: { width: 360, height: 640 } }, testIgnore: ['office*', 'presses*', '**/demo/**'] },
    { name: 'phone', use: { ...phone, viewport: { width: 390, height: 844 } }, testIgnore: ['office*', '**/demo/**'] },
    { name: 'office', use: { ...devices['Desktop Chrome'], locale: 'sv-SE', viewport: { width: 1360, height: 860 } }, testMatch: 'office*' },
  ],
  webServer: {
    command: `npx vite preview --host 127.0.0.1 --port ${PORT} --strictPort --outDir dist-fake`,
    cwd: '../../app-ui',
    url: `http://127.0.0.1:${PORT}/`,
    reuseExistingServer: false,
  },
});
