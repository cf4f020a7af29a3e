import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { DockerBroker, hasDocker } from './docker.js';
import { JavaBroker, javaLacks } from './java.js';

export interface KafkaOptions {
  /** Where clients connect on loopback; default: any free port. */
  port?: number;
  /** Kept when the broker stops; default: a temporary folder that is removed. */
  dataDir?: string;
  /** Default 384. */
  heapMb?: number;
  /** More listeners, each advertised under another port: a test's proxy. */
  extraListeners?: readonly { port: number; advertisedPort: number }[];
  /** Broker settings that add to or override the defaults. */
  settings?: Readonly<Record<string, string>>;
  /** Called before each slow step. */
  onProgress?(progress: string): void;
}

export interface LocalKafka {
  /** For `--log`, e.g. `kafka://127.0.0.1:9092`. */
  readonly url: string;
  readonly port: number;
  readonly engine: 'docker' | 'java';
  /** Id of the Java process; changes on restart. Undefined in Docker. */
  readonly pid: number | undefined;
  /** Sends SIGKILL, so the broker can neither flush nor close its connections. */
  kill(): Promise<void>;
  /** Restarts the broker on its data; resolves when it answers. */
  restart(): Promise<void>;
  /** Stops the broker and removes temporary data. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;

/** What to install so that Kafka can be started here; undefined if it can. */
export async function kafkaLacks(): Promise<string | undefined> {
  if (await hasDocker()) return undefined;
  const lacks = await javaLacks();
  return (
    lacks &&
    `${lacks}, and no Docker engine answers: install openjdk-17-jre-headless and maven, or start Docker`
  );
}

/**
 * Starts a real Apache Kafka on loopback: one node, broker and controller in one (KRaft). Uses Docker if an engine
 * answers, else Java with jars that Maven fetches once. Takes about four seconds.
 * @throws Error that names what to install, or contains the broker's output if it could not start.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<LocalKafka> {
  const { extraListeners = [], settings = {}, heapMb = 384, onProgress = () => {} } = options;
  const lacks = await kafkaLacks();
  if (lacks) throw new Error(`cannot start Kafka: ${lacks}`);
  const port = options.port ?? (await freePort());
  // Another server on this port would be mistaken for the broker that is starting.
  if (await listens(port))
    throw new Error(`cannot start Kafka: something listens on port ${port} already; choose another one`);
  const folder = await mkdtemp(join(tmpdir(), 'payday-kafka-'));
  const plan = {
    port,
    controllerPort: await freePort(),
    extraListeners,
    dataDir: options.dataDir ?? join(folder, 'data'),
    overrides: settings,
  };
  const isDocker = await hasDocker();
  const cleanUp = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const broker = isDocker
      ? await DockerBroker.prepare(plan, heapMb)
      : await JavaBroker.prepare(plan, folder, heapMb, onProgress);
    const start = async (): Promise<void> => {
      await broker.start();
      await answering(port, broker);
    };
    const stop = async (): Promise<void> => {
      await broker.end(options.dataDir === undefined ? 'SIGKILL' : 'SIGTERM');
      if (broker instanceof DockerBroker) await broker.remove();
      await cleanUp();
    };
    await start().catch(async (error: unknown) => {
      await stop();
      throw error;
    });
    return {
      url: `kafka://127.0.0.1:${port}`,
      port,
      engine: isDocker ? 'docker' : 'java',
      get pid() {
        return broker.pid;
      },
      kill: () => broker.end('SIGKILL'),
      restart: start,
      stop,
    };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

/** A free port on loopback. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function answering(port: number, broker: { hasEnded: boolean; said: string }): Promise<void> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  while (!(await listens(port)) || !(await isUp(port))) {
    if (broker.hasEnded) throw new Error(`Kafka could not start on port ${port}: ${broker.said}`);
    if (performance.now() > deadlineMs)
      throw new Error(`Kafka did not answer on port ${port} within ${START_TIMEOUT_MS} ms: ${broker.said}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** The broker listens before it can lead partitions; it is up when it lists itself among the brokers. */
async function isUp(port: number): Promise<boolean> {
  const client = new kafkajs.Kafka({
    brokers: [`127.0.0.1:${port}`],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 0 },
  });
  const admin = client.admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length > 0;
  } catch {
    return false;
  } finally {
    await admin.disconnect().catch(() => {});
  }
}
