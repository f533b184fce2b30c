import { DeviceError, type Device } from '../api/device';

/** A view of the device that is read again whenever the device says that something has changed. */
export class Live<T> {
  value = $state.raw<T | null>(null);
  error = $state.raw<DeviceError | null>(null);
  readonly #read: () => Promise<T>;
  #isWanted = false;
  #reading: Promise<void> | null = null;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** Reads it again; what is asked for while it is being read is read once more, so that a busy unit still shows. */
  async reload(): Promise<void> {
    this.#isWanted = true;
    this.#reading ??= this.#readWhileWanted();
    await this.#reading;
  }

  /** Comes when nothing is being read. */
  async settled(): Promise<void> {
    await this.#reading;
  }

  async #readWhileWanted(): Promise<void> {
    while (this.#isWanted) {
      this.#isWanted = false;
      try {
        this.value = await this.#read();
        this.error = null;
      } catch (reason) {
        this.error = DeviceError.from(reason);
      }
    }
    this.#reading = null;
  }

  /** Reads it now and after each change, until the returned function is called. */
  follow(device: Device): () => void {
    void this.reload();
    return device.events((event) => {
      if (event.event === 'changed') void this.reload();
    });
  }
}
