import type { EventRecord } from '../port.js';

/** A record of 20 to 5019 bytes that reveals truncation: its length follows from `seq`, and its text fills it. */
export function recordOf(key: string, seq: number): EventRecord {
  return { key, value: Buffer.alloc(20 + ((seq * 2_654_435_761) % 5000), `${key} ${seq};`) };
}

/** The `seq` of a value from `recordOf`; NaN for any other value. */
export function seqOf(value: Uint8Array): number {
  return Number(/ (\d+);/.exec(Buffer.from(value).toString('latin1', 0, 64))?.[1]);
}
