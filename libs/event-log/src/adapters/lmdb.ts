import { systemTimers } from '#kernel/system';
import type { LogStore } from '../dispatch/log-store.js';
import { StoreEventLog, type LogDeps } from '../dispatch/store-log.js';
import type { EventLog } from '../port.js';
import { openDatabase, prepareFolder } from './lmdb/folder.js';
import { LmdbStore } from './lmdb/store.js';

/**
 * The log in one LMDB file in a folder of a local disk: the embedded default (docs/adr/0003-embedded-event-log-lmdb.md).
 *
 * - Durable: an append resolves after its pages and the root that names them have been flushed (fsync), and no reader,
 *   in any process, sees a record earlier than that. After a kill the log holds every acknowledged append, and perhaps
 *   some whose acknowledgement was lost.
 * - Several processes on one machine may append to and read from one folder at a time. A reader sees appends of its own
 *   process at once, and those of others within about 20 ms.
 * - Groups share partitions among the consumers *of one process*, whichever of its logs on the folder they use. With
 *   `leases` they share them across processes; without, each process reads every partition, so run one process per group.
 * - Nothing is ever deleted: a game's log is its folder; remove it with the game.
 *
 * @param folder absolute; created if it does not exist. Not on a network file system: LMDB needs locks and mappings.
 * @throws PaydayError `adapter_unavailable`, `log_unavailable`, `log_corrupt`, `log_version`.
 */
export async function openLmdbLog(folder: string, deps: LogDeps): Promise<EventLog> {
  return new StoreEventLog('lmdb', await sharedStore(await prepareFolder(folder)), deps);
}

interface Shared {
  store: Promise<LmdbStore>;
  users: number;
}

/** A process may open a file only once (LMDB's rule: closing a second handle would drop the first one's locks). */
const openStores = new Map<string, Shared>();
const closingStores = new Map<string, Promise<void>>();

async function sharedStore(folder: string): Promise<LogStore> {
  let shared = openStores.get(folder);
  if (!shared) {
    shared = { store: open(folder), users: 0 };
    openStores.set(folder, shared);
  }
  shared.users++;
  try {
    return handleOf(folder, shared, await shared.store);
  } catch (error) {
    if (openStores.get(folder) === shared) openStores.delete(folder);
    throw error;
  }
}

/** Stores whose file is open. */
const atExit = new Set<LmdbStore>();
process.on('exit', () => atExit.forEach((store) => store.finishAtExit()));

async function open(folder: string): Promise<LmdbStore> {
  await closingStores.get(folder);
  const store = new LmdbStore(await openDatabase(folder), folder, systemTimers);
  atExit.add(store);
  return store;
}

/** A handle to a shared store, which closes with its last handle. */
function handleOf(folder: string, shared: Shared, store: LmdbStore): LogStore {
  return {
    groups: store.groups,
    createTopics: (topics) => store.createTopics(topics),
    partitions: (topic) => store.partitions(topic),
    append: (topic, records, appendedAt) => store.append(topic, records, appendedAt),
    end: (topic, partition) => store.end(topic, partition),
    openReader: (topic, partition, start, limits) => store.openReader(topic, partition, start, limits),
    close: async () => {
      if (--shared.users > 0) return store.flushed();
      openStores.delete(folder);
      const closing = store.close().finally(() => {
        atExit.delete(store);
        closingStores.delete(folder);
      });
      closingStores.set(folder, closing);
      await closing;
    },
  };
}
