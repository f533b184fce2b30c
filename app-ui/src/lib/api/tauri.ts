import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';

import { DeviceError, message, type Args, type Device, type Listener, type Name } from './device';
import type { Answers, Event } from './generated';

/** The device in the same process, behind the Tauri window. */
export class TauriDevice implements Device {
  async call<C extends Name>(command: C, args: Args<C>): Promise<Answers[C]> {
    try {
      return await invoke<Answers[C]>('rpc', { command: message(command, args) });
    } catch (reason) {
      throw DeviceError.from(reason);
    }
  }

  events(listener: Listener): () => void {
    const listening = listen<Event>('device', ({ payload }) => listener(payload));
    return () => void listening.then((stop) => stop());
  }
}
