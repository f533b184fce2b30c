import { createContext, untrack } from 'svelte';
import { SvelteSet } from 'svelte/reactivity';

import { DeviceError, type Device } from '../api/device';
import type { App, Done, Intent, Preferences, SyncChip, TextPlace, VaultView } from '../api/generated';
import { runOn, speak } from '../i18n/catalogue.svelte';
import { Clock } from './clock.svelte';
import { Notices } from './notices.svelte';
import { Router } from './router.svelte';
import { texts } from './texts';

const OFFICE_WIDTH = '(min-width: 900px)';

/** What every screen shares: the device, who is at it, where she is, and what she was just told. */
export class Session {
  readonly device: Device;
  readonly clock = new Clock();
  readonly notices: Notices;
  readonly router: Router;
  app = $state.raw<App | null>(null);
  chip = $state.raw<SyncChip | null>(null);
  error = $state.raw<DeviceError | null>(null);
  isWide = $state(false);
  /** Actions taken back. */
  readonly undone = new SvelteSet<string>();
  readonly #acting = new SvelteSet<string>();
  #keeping: Promise<unknown> = Promise.resolve();
  /** Whether something that the person asked for is not durable yet. */
  readonly busy: boolean = $derived(this.#acting.size > 0);
  /** The vault that is open. */
  readonly vault: VaultView | null = $derived(this.app?.vaults.find((vault) => vault.open) ?? null);
  /** Whether the office's layout is shown: the vault has a role there, and the window is wide unless that is all it has. */
  readonly isOffice: boolean = $derived.by(() => {
    const roles = this.vault?.roles ?? [];
    return roles.some((role) => role !== 'carer') && (this.isWide || !roles.includes('carer'));
  });

  constructor(device: Device, router: Router) {
    this.device = device;
    this.router = router;
    this.notices = new Notices();
  }

  /** Reads what the app is, and follows the device until the returned function is called. */
  follow(): () => void {
    void this.load();
    const stops = [
      this.clock.run(),
      this.#measure(),
      this.router.follow(),
      this.device.events((event) => {
        if (event.event === 'sync') this.chip = event.chip;
        if (event.event === 'changed') void this.load();
      }),
    ];
    return () => stops.forEach((stop) => stop());
  }

  async load(): Promise<void> {
    try {
      this.#take(await this.device.call('app', {}));
      // The chip comes with events; the first time it has to be asked for.
      if (this.vault !== null && this.chip === null) this.chip ??= (await this.device.call('sync', {})).chip;
    } catch (reason) {
      this.error = DeviceError.from(reason);
    }
  }

  async enrol(server: string, code: string): Promise<void> {
    this.#take(await this.device.call('enrol', { server, code }));
  }

  async openVault(vault: string): Promise<void> {
    this.chip = null;
    this.#take(await this.device.call('open_vault', { vault }));
    this.router.replace();
  }

  /** Says that she has read that a damaged store was mended. */
  async seeMended(): Promise<void> {
    try {
      this.#take(await this.device.call('see_mended', {}));
    } catch (reason) {
      this.notices.fail(DeviceError.from(reason));
    }
  }

  async prefer(preferences: Preferences): Promise<void> {
    this.#take(await this.device.call('prefer', { preferences }));
  }

  /**
   * Does what the person asks for. When it is durable on the phone it is said, with a way to take it back; when it fails
   * that is said instead, or told to `onfail`, and the answer is null.
   */
  async act(intent: Intent, said?: string, onfail = (error: DeviceError) => this.notices.fail(error)): Promise<Done | null> {
    // Two presses of one button are one act; presses of two buttons are two.
    const key = JSON.stringify(intent);
    if (this.#acting.has(key)) return null;
    this.#acting.add(key);
    try {
      // What was typed for it is kept before it, so that nothing of it is kept after it.
      await this.#keeping;
      const done = await this.device.call('act', { intent });
      if (said !== undefined) {
        this.notices.say(said, done.can_undo ? () => this.undo(done.action) : null);
      }
      return done;
    } catch (reason) {
      onfail(DeviceError.from(reason));
      return null;
    } finally {
      this.#acting.delete(key);
    }
  }

  /** Keeps a text on the phone as it is typed, one version after the other. */
  keepText(place: TextPlace, text: string): void {
    const kept = this.#keeping.then(() => this.device.call('keep_text', { place, text }));
    this.#keeping = kept.catch((reason: unknown) => this.notices.fail(DeviceError.from(reason)));
  }

  /** What was typed there before; empty if nothing was. */
  async keptText(place: TextPlace): Promise<string> {
    await this.#keeping;
    return this.device.call('kept_text', { place }).catch(() => '');
  }

  /** Takes an action back. */
  async undo(action: string): Promise<void> {
    try {
      await this.device.call('undo', { action });
      this.undone.add(action);
      this.notices.say(texts.undone, null);
    } catch (reason) {
      this.notices.fail(DeviceError.from(reason));
    }
  }

  /** Follows the window's width until the returned function is called. */
  #measure(): () => void {
    const wide = matchMedia(OFFICE_WIDTH);
    const measure = () => {
      this.isWide = wide.matches;
      this.#nameMachine();
    };
    measure();
    wide.addEventListener('change', measure);
    return () => wide.removeEventListener('change', measure);
  }

  #take(app: App): void {
    this.app = app;
    this.error = null;
    this.clock.set(app.now);
    speak(app.preferences.language === 'en' ? 'en' : 'sv');
    this.#nameMachine();
  }

  /** A window as wide as the office's is on a computer; before anyone is enrolled that is all there is to go by. */
  #nameMachine(): void {
    // Whoever follows the session must not begin again because what is read here changed.
    const isDesktop = untrack(() => (this.vault === null ? this.isWide : this.isOffice));
    runOn(isDesktop ? 'computer' : 'phone');
  }
}

export const [getSession, setSession] = createContext<Session>();
