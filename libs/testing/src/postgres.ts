import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedPostgres } from '#persistence';
import { transpileLibs } from './transpile.js';

export interface TestPostgres extends EmbeddedPostgres {
  /** Where it keeps its data. */
  readonly folder: string;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/**
 * Starts a real PostgreSQL in its own folder, for one spec file: start it in `beforeAll`, stop it in `afterAll`.
 * Takes about two seconds.
 */
export async function startTestPostgres(): Promise<TestPostgres> {
  // Loaded lazily, because most users of this library need no database.
  const { startEmbeddedPostgres } = await import('#persistence');
  const folder = await mkdtemp(join(tmpdir(), 'payday-postgres-'));
  await chmod(folder, 0o755); // When tests run as root, PostgreSQL runs as another user.
  try {
    // The guardian is a separate Node process, which cannot run TypeScript, so it needs a compiled copy.
    await transpileLibs(['persistence'], join(folder, 'code'));
    const postgres = await startEmbeddedPostgres({
      dataDir: join(folder, 'data'),
      guardianFile: join(folder, 'code/libs/persistence/src/embedded/guardian.js'),
    });
    return {
      folder,
      databaseUrl: postgres.databaseUrl,
      port: postgres.port,
      get pid() {
        return postgres.pid;
      },
      get guardianPid() {
        return postgres.guardianPid;
      },
      stop: async () => {
        await postgres.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
