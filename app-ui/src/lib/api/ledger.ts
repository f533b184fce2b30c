// The commands of the key log, by name, until the device prints them with the others.

import type { LedgerFile, LedgerFormat, LedgerQuery, LedgerView } from '../keys/ledger';
import type { Device } from './device';

type Call = (command: string, args: object) => Promise<unknown>;

const call = (device: Device): Call => device.call.bind(device) as unknown as Call;

/** The newest lines of the key log that this vault holds. */
export function ledger(device: Device, query: LedgerQuery): Promise<LedgerView> {
  return call(device)('ledger', { query }) as Promise<LedgerView>;
}

/** Has the server write and sign the key log into a file among the person's downloads. */
export function exportLedger(device: Device, query: LedgerQuery, format: LedgerFormat): Promise<LedgerFile> {
  return call(device)('export_ledger', { query, format }) as Promise<LedgerFile>;
}
