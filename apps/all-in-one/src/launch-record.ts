import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PaydayError } from '#kernel';

/** What `--resume` needs besides the database. */
export interface LaunchRecord {
  gameId: string;
  /** Number of bot teams; 0 where the teams have endpoints of their own. */
  bots: number;
  speed: number;
  /** Ranges that customers may call besides public addresses and the bots. Absent in records of older versions: none. */
  allow?: string[];
}

const FILE = 'game.json';

/** Replaces the record in one step, so that a kill or a power cut leaves the old one or the new one. */
export function writeLaunchRecord(folder: string, record: LaunchRecord): void {
  const path = join(folder, FILE);
  writeFileSync(`${path}.new`, JSON.stringify(record), { flush: true });
  renameSync(`${path}.new`, path);
}

/** @throws PaydayError `nothing_to_resume` */
export function readLaunchRecord(folder: string): LaunchRecord {
  try {
    return JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as LaunchRecord;
  } catch (cause) {
    throw new PaydayError(
      'nothing_to_resume',
      `there is no game to resume in ${folder}; start one without --resume`,
      {
        cause,
      },
    );
  }
}
