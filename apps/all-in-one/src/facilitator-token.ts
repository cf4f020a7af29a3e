import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TokenStore } from '#persistence';
import { type TokenService, systemActor } from '../../control/src/index.js';

const FILE = 'facilitator.token';

/**
 * Makes sure that whoever may read the data folder, and nobody else, has a facilitator's token: it is in a file that only
 * the owner can read, never in a log. The one that is there is kept as long as it is good.
 * @returns the path of the file
 */
export async function keepFacilitatorToken(
  folder: string,
  tokens: TokenService,
  store: TokenStore,
): Promise<string> {
  const path = join(folder, FILE);
  const known = existsSync(path) ? await store.verify(readFileSync(path, 'utf8').trim()) : null;
  if (known?.role === 'facilitator') return path;
  const made = await tokens.create(
    { role: 'facilitator', label: `launcher (${FILE})` },
    systemActor('launcher'),
  );
  // A file of its own, never one that somebody put there for others to read.
  rmSync(`${path}.new`, { force: true });
  writeFileSync(`${path}.new`, `${made.secret}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(`${path}.new`, path);
  return path;
}
