import { constants } from 'node:fs';
import { access, mkdir, open, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RootDatabase } from 'lmdb';
import { PaydayError, messageOf } from '#kernel';
import { EMPTY, KEY_ENCODER, LAYOUT_VERSION, VERSION_KEY, commitKey } from './layout.js';
import { assertOpenable } from './preflight.js';
import type { Span } from '../../record-codec.js';
import { SlabCopier } from './slab.js';

/** Values are put as bytes and read by `getBinary`, which returns bytes, or by `getRange`, which returns spans; not by `get`. */
export type Database = RootDatabase<Uint8Array | Span, Uint8Array>;

/**
 * Address space for the file, not disk: LMDB maps this much and the file grows as needed. Beyond it lmdb-js remaps twice
 * as much, so this is not a limit either; it only lets a usual game need one mapping.
 */
const FIRST_MAP_BYTES = 1024 ** 3;

/** Creates the folder if necessary. @returns its real path. @throws PaydayError `log_unavailable`. */
export async function prepareFolder(path: string): Promise<string> {
  try {
    const made = await mkdir(path, { recursive: true });
    const real = await realpath(path);
    await access(real, constants.R_OK | constants.W_OK | constants.X_OK);
    if (made !== undefined) await flushEntries(dirname(made));
    return real;
  } catch (cause) {
    throw unavailable(path, cause);
  }
}

/**
 * Opens the file in a folder and creates it if necessary.
 * @returns the database, and the version that makes lmdb-js only check whether a key exists.
 * @throws PaydayError `adapter_unavailable` without the npm package, `log_unavailable`, `log_corrupt`, `log_version`.
 */
export async function openDatabase(folder: string): Promise<{ db: Database; ifExists: number }> {
  const { open: openLmdb, IF_EXISTS } = await loadLmdb();
  let db: Database;
  try {
    await assertOpenable(folder);
    db = openLmdb<Uint8Array | Span, Uint8Array>({
      path: folder,
      // Otherwise lmdb-js treats a folder with a dot in its name as a file.
      noSubdir: false,
      mapSize: FIRST_MAP_BYTES,
      encoding: 'binary',
      encoder: valueEncoder(),
      keyEncoder: KEY_ENCODER,
      // LMDB's own order: pages, fsync, root, fsync, and only then is a record acknowledged *or visible*. With
      // overlappingSync readers see records that a power cut may still undo, and might store their positions.
      overlappingSync: false,
      // The appender batches writes itself, one transaction at a time. With lmdb-js' own batching, a failed commit also rejects
      // a promise that no code holds, which ends the process.
      eventTurnBatching: false,
    } as Parameters<typeof openLmdb>[0]);
    await assertLayout(db, folder);
    await flushEntries(folder);
  } catch (cause) {
    throw cause instanceof PaydayError ? cause : unavailable(folder, cause);
  }
  return { db, ifExists: IF_EXISTS };
}

export function unavailable(folder: string, cause: unknown): PaydayError {
  return new PaydayError(
    'log_unavailable',
    `the event log in ${folder} cannot be used: ${messageOf(cause)}. It needs a local disk with free space, and a ` +
      'folder that this user may write to',
    { details: { folder }, cause },
  );
}

/** Values are bytes already; the decoder copies them, as it promises to lmdb-js. */
function valueEncoder(): {
  encode(value: Uint8Array): Uint8Array;
  decode(bytes: Uint8Array, size: number): Span;
} {
  const copier = new SlabCopier();
  return { encode: (value) => value, decode: (bytes, size) => copier.copy(bytes, size) };
}

async function loadLmdb(): Promise<typeof import('lmdb')> {
  try {
    return await import('lmdb');
  } catch (cause) {
    throw new PaydayError(
      'adapter_unavailable',
      `the event log "lmdb:" needs the npm package lmdb, which cannot be loaded: ${messageOf(cause)}. ` +
        'Run `npm install lmdb` on this machine, with optional dependencies (they hold its binary for this platform)',
      { cause },
    );
  }
}

async function assertLayout(db: Database, folder: string): Promise<void> {
  if (!db.doesExist(VERSION_KEY))
    db.transactionSync(() => {
      if (db.doesExist(VERSION_KEY)) return; // another process created it first
      void db.put(VERSION_KEY, Uint8Array.of(LAYOUT_VERSION));
      void db.put(commitKey(0), EMPTY);
    });
  const version = db.getBinary(VERSION_KEY)?.[0];
  if (version === LAYOUT_VERSION) return;
  await db.close();
  throw new PaydayError(
    'log_version',
    `the event log in ${folder} has layout version ${version}, this program reads ${LAYOUT_VERSION}: ` +
      'use the program that wrote it, or another folder',
  );
}

/** Flushes the entries of a folder, so that they survive a power cut, where the system supports that. */
async function flushEntries(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
