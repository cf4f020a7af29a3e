import { readFileSync, statSync, truncateSync } from 'node:fs';

const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** 0 if there is no log. */
export function logSize(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Empties a log that has become too large. */
export function boundLog(file: string): void {
  if (logSize(file) > MAX_LOG_BYTES) truncateSync(file, 0);
}

/** The last lines of the log after an offset, joined into one line. */
export function logTail(file: string, from: number): string {
  try {
    return readFileSync(file).subarray(from).toString('utf8').trim().split('\n').slice(-4).join(' | ');
  } catch {
    return '';
  }
}
