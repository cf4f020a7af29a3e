import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TokenStore } from '#persistence';
import { type TokenService, systemActor } from '../../control/src/index.js';

const FILE = 'facilitator.token';

/**
 * Ensures that exactly those who may read the data folder have a facilitator's token: it is in a file that only
 * the owner can read, never in a log. An existing token is kept while it is valid.
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
  // Always a new file, never one that already exists with other permissions.
  rmSync(`${path}.new`, { force: true });
  writeFileSync(`${path}.new`, `${made.secret}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(`${path}.new`, path);
  return path;
}
