import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

import { POLICY } from './src/policy';

export default defineConfig({
  // Served from a Tauri window, from a loopback host and from a folder: no absolute path fits all three.
  base: './',
  plugins: [svelte()],
  // The page's content security policy refuses inline scripts, inline styles and data: fonts.
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { port: 5174, strictPort: true },
  preview: { headers: { 'content-security-policy': POLICY } },
  resolve: process.env['VITEST'] === undefined ? {} : { conditions: ['browser'] },
  test: { include: ['src/**/*.test.ts'], environment: 'node', setupFiles: ['src/test-setup.ts'] },
});
