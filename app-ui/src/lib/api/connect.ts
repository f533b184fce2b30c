import type { Device } from './device';
import { HttpDevice, takeToken } from './http';

/** Finds the device: behind the Tauri window, behind a loopback host, or, in development and tests, a made-up one. */
export async function connect(): Promise<Device> {
  if ('__TAURI_INTERNALS__' in window) {
    const { TauriDevice } = await import('./tauri');
    return new TauriDevice();
  }
  if (import.meta.env.DEV || import.meta.env.MODE === 'fake') {
    const query = new URLSearchParams(location.search);
    if (query.has('fake')) {
      const { FakeDevice } = await import('./fake');
      const fake = FakeDevice.forPage(query);
      // The browser tests let it fail and let things arrive.
      Object.assign(window, { fake });
      return fake;
    }
  }
  return new HttpDevice(takeToken(location, sessionStorage, history) ?? '', new URL('.', location.href));
}
