import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PaydayError, messageOf } from '#kernel';
import type { Binaries } from './binaries.js';
import { assertReachable, type RunAs } from './run-as.js';

/** The only database user, which owns everything. */
export const DATABASE_USER = 'payday';
export const DATABASE_NAME = 'payday';

/** The contents of the data folder. */
export interface ClusterPaths {
  dataDir: string;
  /** PostgreSQL's own folder. */
  cluster: string;
  passwordFile: string;
  logFile: string;
  ownerFile: string;
}

export function clusterPaths(dataDir: string): ClusterPaths {
  return {
    dataDir,
    cluster: join(dataDir, 'cluster'),
    passwordFile: join(dataDir, 'password'),
    logFile: join(dataDir, 'postgres.log'),
    ownerFile: join(dataDir, 'owner.json'),
  };
}

/**
 * Creates the data folder and checks that PostgreSQL's user can access it.
 * @throws PaydayError `postgres_unreachable_path`.
 */
export async function ensureDataDir(paths: ClusterPaths, binaries: Binaries, user: RunAs): Promise<void> {
  assertReachable(binaries.postgres, user);
  await mkdir(paths.dataDir, { recursive: true });
  // Root's umask may be strict. Secret files in the folder have modes of their own.
  if (user !== null) await chmod(paths.dataDir, 0o755);
  assertReachable(paths.cluster, user);
}

/**
 * Creates the cluster if there is none. It appears completely or not at all: `initdb` works in a separate folder, which is
 * renamed afterwards. Resolves to the password.
 * @throws PaydayError `postgres_init_failed`.
 */
export async function ensureCluster(paths: ClusterPaths, binaries: Binaries, user: RunAs): Promise<string> {
  const password = await ensurePassword(paths.passwordFile);
  if ((await readdir(paths.dataDir)).includes('cluster')) return password;
  for (const name of await readdir(paths.dataDir))
    if (name.startsWith('init-')) await rm(join(paths.dataDir, name), { recursive: true, force: true });
  const workshop = join(paths.dataDir, `init-${randomBytes(6).toString('hex')}`);
  await mkdir(workshop, { mode: 0o700 });
  const passwordCopy = join(workshop, 'pw');
  await writeFile(passwordCopy, password, { mode: 0o600 });
  if (user !== null) {
    await chown(passwordCopy, user.uid, user.gid);
    await chown(workshop, user.uid, user.gid);
  }
  await initdb(binaries.initdb, join(workshop, 'cluster'), passwordCopy, user);
  await rename(join(workshop, 'cluster'), paths.cluster);
  await rm(workshop, { recursive: true, force: true });
  return password;
}

/** The environment of PostgreSQL's programs, without any of our variables that could affect them. */
export const POSTGRES_ENV = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

async function ensurePassword(file: string): Promise<string> {
  try {
    const known = (await readFile(file, 'utf8')).trim();
    if (known !== '') return known;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const password = randomBytes(24).toString('base64url');
  await writeFile(`${file}.new`, password, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return password;
}

function initdb(program: string, folder: string, passwordFile: string, user: RunAs): Promise<void> {
  const flags = [
    `--pgdata=${folder}`,
    `--username=${DATABASE_USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Bytewise collation and UTF-8 character classes, independent of the machine's locales.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    // A power failure in the first seconds of an empty database loses nothing that was acknowledged.
    '--no-sync',
    '--no-instructions',
  ];
  return new Promise((resolve, reject) => {
    execFile(
      program,
      flags,
      { ...(user ?? {}), cwd: '/', env: POSTGRES_ENV, maxBuffer: 1 << 20 },
      (error, stdout, stderr) => {
        if (error === null) return resolve();
        const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-5).join(' | ');
        reject(
          new PaydayError(
            'postgres_init_failed',
            `the database could not be created (${messageOf(error).split('\n')[0]}): ${said}. If libraries are missing, run \`npm rebuild\`; or set DATABASE_URL`,
            { cause: error },
          ),
        );
      },
    );
  });
}
