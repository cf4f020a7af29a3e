import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PaydayError, messageOf } from '#kernel';
import { DATABASE_NAME, DATABASE_USER, clusterPaths } from './cluster.js';
import { livingPostmaster } from './postmaster.js';
import { startEmbeddedPostgres, type EmbeddedPostgresOptions } from './start.js';

/** A database that another process may be using at the same time. */
export interface SharedPostgres {
  /** Contains the password: pass it on, but never log it. */
  readonly databaseUrl: string;
  /** Stops the server if this call started it; a server of another process keeps running. */
  close(): Promise<void>;
}

/** How long to wait for a server that its owner is still starting. */
const ATTACH_WITHIN_MS = 20_000;

/**
 * Opens the embedded PostgreSQL of an existing folder: starts it, or connects to the server that another process runs.
 * @throws PaydayError `no_database` if the folder contains none, those of `startEmbeddedPostgres`, or `data_dir_in_use` if
 * the owner's server does not come up.
 */
export async function openEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<SharedPostgres> {
  const paths = clusterPaths(resolve(options.dataDir));
  if (!existsSync(paths.cluster) || !existsSync(paths.passwordFile))
    throw new PaydayError('no_database', `there is no database in ${paths.dataDir}`);
  try {
    const own = await startEmbeddedPostgres(options);
    return { databaseUrl: own.databaseUrl, close: () => own.stop() };
  } catch (error) {
    if (!(error instanceof PaydayError && error.code === 'data_dir_in_use')) throw error;
    const deadline = performance.now() + ATTACH_WITHIN_MS;
    for (;;) {
      const { port } = livingPostmaster(paths.cluster) ?? { port: 0 };
      if (port > 0)
        return { databaseUrl: urlOf(passwordOf(paths.passwordFile), port), close: async () => {} };
      if (performance.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

function passwordOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new PaydayError('no_database', `the database's password cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function urlOf(password: string, port: number): string {
  return `postgres://${DATABASE_USER}:${password}@127.0.0.1:${port}/${DATABASE_NAME}`;
}
