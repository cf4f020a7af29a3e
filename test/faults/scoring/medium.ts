import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startKafka, type LocalKafka } from '#testing';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { sleep } from '../../support/wait.js';
import { LogLock } from './log-lock.js';

/** Where the worlds keep their logs. */
export interface Medium {
  readonly name: 'lmdb' | 'kafka';
  /** The broker; killing and stalling it are faults of their own. */
  readonly kafka?: { broker: LocalKafka; proxy: TcpProxy };
  /** A log that no other world sees. */
  open(): Promise<WorldLog>;
  close(): Promise<void>;
}

export interface WorldLog {
  /** For the world itself and for ingest. */
  url: string;
  /** For scorers: their writes can be stalled. */
  scorerUrl: string;
  /** Stalls the scorers' writes to the log, which opens the gap between commit and publishing. */
  gap(): Gap;
  remove(): Promise<void>;
}

export interface Gap {
  acquire(): Promise<void>;
  release(): Promise<void>;
  close(): Promise<void>;
}

/** Each world in a folder of its own. */
export const lmdbMedium: Medium = {
  name: 'lmdb',
  async open() {
    const folder = await mkdtemp(join(tmpdir(), 'payday-faults-'));
    const url = `lmdb:${folder}`;
    return {
      url,
      scorerUrl: url,
      gap: () => new LogLock(folder),
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  },
  close: async () => {},
};

/** How long until a killed scorer's session ends. Brokers must allow it (`group.min.session.timeout.ms`). */
const SESSION = 'sessionTimeoutMs=2000&heartbeatMs=200';

/** One real broker; worlds differ by topic prefix. Scorers connect through a proxy that can be stalled. */
export async function kafkaMedium(): Promise<Medium> {
  const port = await freePort();
  const proxy = await TcpProxy.listen(port);
  const broker = await startKafka({ extraListeners: [{ port, advertisedPort: proxy.port }], heapMb: 512 });
  let worlds = 0;
  return {
    name: 'kafka',
    kafka: { broker, proxy },
    async open() {
      const settings = `topicPrefix=world-${++worlds}.&${SESSION}`;
      return {
        url: `kafka://127.0.0.1:${broker.port}?${settings}`,
        scorerUrl: `kafka://127.0.0.1:${proxy.port}?${settings}`,
        gap: () => ({
          async acquire() {
            proxy.holdTraffic();
            // What had passed before is in the log by now.
            await sleep(100);
          },
          release: async () => proxy.release(),
          close: async () => proxy.release(),
        }),
        remove: async () => {},
      };
    },
    async close() {
      await proxy.close();
      await broker.stop();
    },
  };
}
