/** Which lines of the key log: of one key, person or cabinet, in a period. */
export type LedgerQuery = {
  key: string | null;
  person: string | null;
  cabinet: string | null;
  /** `YYYY-MM-DD`. */
  from: string | null;
  to: string | null;
};

/** One statement about a key, as it was signed. */
export type LedgerLine = {
  key: string;
  tag: string;
  fact: string;
  /** The kind of fact. */
  what: string;
  copy: number | null;
  /** Whose act. */
  name: string;
  /** Who entered it, if another; empty otherwise. */
  entered_by: string;
  /** When, as stated. */
  at: number;
  /** The phone's clock. */
  clock: number;
  /** When the server got it. */
  received_at: number | null;
  vault: string;
  hash: string;
  detail: string;
  text: string;
  /** Withdrawn or settled. */
  is_void: boolean;
};

export type LedgerView = { lines: LedgerLine[]; total: number };

export type LedgerFormat = 'csv' | 'pdf';

/** The file that the server signed. */
export type LedgerFile = { path: string; lines: number; digest: string };
