import { DeviceError, type Device } from '../api/device';

/** A view of the device that is read again whenever the device says that something has changed. */
export class Live<T> {
  value = $state.raw<T | null>(null);
  error = $state.raw<DeviceError | null>(null);
  readonly #read: () => Promise<T>;
  #latest = 0;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** Reads it again; of answers that cross, the one asked for last is kept. */
  async reload(): Promise<void> {
    const turn = ++this.#latest;
    try {
      const value = await this.#read();
      if (turn === this.#latest) {
        this.value = value;
        this.error = null;
      }
    } catch (reason) {
      if (turn === this.#latest) this.error = DeviceError.from(reason);
    }
  }

  /** Reads it now and after each change, until the returned function is called. */
  follow(device: Device): () => void {
    void this.reload();
    return device.events((event) => {
      if (event.event === 'changed') void this.reload();
    });
  }
}
