import type { Answers, ApiError, Command, ErrorCode, Event } from './generated';

/** The names of the device's commands. */
export type Name = Command['command'];

/** What a command takes; `{}` where it takes nothing. */
export type Args<C extends Name> = Extract<Command, { command: C }> extends { args: infer A extends object } ? A : Record<never, never>;

/** Hears what the device tells unasked. */
export type Listener = (event: Event) => void;

/**
 * The device behind the screens. A call is answered when its effect is durable on this phone; whether the server has it
 * is another matter, told by the sync chip. A failed call rejects with a `DeviceError`.
 */
export interface Device {
  call<C extends Name>(command: C, args: Args<C>): Promise<Answers[C]>;
  /** Tells of every change until the returned function is called. */
  events(listener: Listener): () => void;
}

/** What a failed call rejects with. */
export class DeviceError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | null;

  constructor(error: ApiError) {
    super(error.code);
    this.code = error.code;
    this.detail = error.detail;
  }

  /** Makes one of whatever a carrier was given as the reason of its failure. */
  static from(reason: unknown): DeviceError {
    if (reason instanceof DeviceError) return reason;
    if (typeof reason === 'object' && reason !== null && 'code' in reason) {
      const { code, detail } = reason as ApiError;
      return new DeviceError({ code, detail: detail ?? null });
    }
    return new DeviceError({ code: 'internal', detail: null });
  }
}

/** A command as it is sent; one without arguments is sent without them. */
export function message<C extends Name>(command: C, args: Args<C>): { command: C; args?: Args<C> } {
  return Object.keys(args).length === 0 ? { command } : { command, args };
}
