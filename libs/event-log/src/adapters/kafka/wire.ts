import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { PaydayError } from '#kernel';
import kafkajs, { type ISocketFactoryArgs, type SASLOptions } from 'kafkajs';
import Cluster from 'kafkajs/src/cluster/index.js';
import type { Timers } from '../../dispatch/timers.js';
import { cannotConnect, logUnavailable } from './errors.js';
import type { KafkaSettings } from './settings.js';

export type { Cluster };
export type Broker = Awaited<ReturnType<Cluster['findBroker']>>;
export type FetchedMessage = Awaited<
  ReturnType<Broker['fetch']>
>['responses'][number]['partitions'][number]['messages'][number];

const CONNECTION_TIMEOUT_MS = 3_000;
/** How much longer than kafkajs itself waits for an answer. */
const LATE_MS = 2_000;

/**
 * Connections to the brokers for one purpose, because a broker answers the requests of a connection one after the other:
 * a fetch that waits, or a join that waits for other members, would hold up whatever comes behind it.
 *
 * Whatever goes wrong with a connection, `reset` is the way out: it cuts everything, also what hangs half-open, and the
 * next `cluster()` begins anew.
 */
export class Wire {
  private readonly sockets = new Set<Socket>();
  /** Asked about when connecting: without a name kafkajs asks about all there are, and fails if any of them is ill. */
  private readonly topics = new Set<string>();
  private connected: Promise<Cluster> | undefined;
  private isClosed = false;

  /** @param requestTimeoutMs if it differs from the settings'. */
  constructor(
    private readonly settings: KafkaSettings,
    private readonly timers: Timers,
    private readonly requestTimeoutMs = settings.requestTimeoutMs,
  ) {}

  /**
   * Asks the brokers for something. Whatever makes the connections doubtful cuts them, so that asking again begins anew;
   * also an answer that does not come at all, which kafkajs is known to wait for without end in some states.
   * @throws PaydayError `log_unavailable` if nobody can be connected to, `log_refused`; errors of kafkajs.
   */
  async sendRequest<T>(
    question: (cluster: Cluster) => Promise<T>,
    limitMs = this.requestTimeoutMs,
  ): Promise<T> {
    const answered = new AbortController();
    const late = this.timers.sleep(limitMs + LATE_MS, answered.signal).then(() => {
      throw new Error(`no answer for ${limitMs + LATE_MS} ms`);
    });
    late.catch(() => {}); // it throws in any case, at the latest when nobody listens any more
    try {
      return await Promise.race([this.cluster().then(question), late]);
    } catch (error) {
      if (isConnectionTrouble(error)) this.reset();
      throw error;
    } finally {
      answered.abort();
    }
  }

  /** Connected, and again if it was cut. @throws PaydayError `log_unavailable`. */
  private cluster(): Promise<Cluster> {
    if (this.isClosed) return Promise.reject(logUnavailable('the connection was closed'));
    if (!this.connected) {
      const connecting = this.connect().catch((error: unknown) => {
        if (this.connected === connecting) this.reset();
        throw cannotConnect(error, this.settings.brokers);
      });
      this.connected = connecting;
    }
    return this.connected;
  }

  /** From here on the brokers that lead the topic are known, also after a reset. */
  about(topic: string): void {
    this.topics.add(topic);
  }

  /**
   * The leader of each partition, by partition.
   * @param anew whether to ask even if it is known: someone who was taken for a leader said that he is none.
   * @throws PaydayError `log_unavailable`; errors of kafkajs.
   */
  leaders(topic: string, anew: boolean): Promise<Map<number, number>> {
    return this.sendRequest(async (cluster) => {
      await cluster.addTargetTopic(topic);
      await (anew ? cluster.refreshMetadata() : cluster.refreshMetadataIfNecessary());
      const partitions = cluster.findTopicPartitionMetadata(topic);
      return new Map(partitions.map(({ partitionId, leader }) => [partitionId, leader]));
    });
  }

  /** Cuts every connection; requests that wait for an answer reject. */
  reset(): void {
    this.connected = undefined;
    // With an error: that is what makes kafkajs give up what it waits for.
    for (const socket of this.sockets) socket.destroy(new Error('cut'));
  }

  close(): void {
    this.isClosed = true;
    this.reset();
  }

  private async connect(): Promise<Cluster> {
    const { brokers, clientId, ssl, sasl } = this.settings;
    const cluster = new Cluster({
      logger: silentLogger(),
      socketFactory: (args) => this.openSocket(args),
      brokers,
      clientId,
      ssl,
      sasl: sasl as SASLOptions | undefined,
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      authenticationTimeout: 10_000,
      reauthenticationThreshold: 10_000,
      requestTimeout: this.requestTimeoutMs,
      enforceRequestTimeout: true,
      metadataMaxAge: 60_000,
      // Callers retry, with a fresh look at what is wrong; kafkajs only tries the next of the brokers.
      retry: { initialRetryTime: 50, maxRetryTime: 200, retries: Math.min(brokers.length, 3) },
      allowAutoTopicCreation: false,
      maxInFlightRequests: null,
      isolationLevel: 0,
    });
    await cluster.connect();
    for (const topic of this.topics)
      await cluster.addTargetTopic(topic).catch((error: unknown) => {
        if (protocolErrorOf(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
      });
    return cluster;
  }

  private openSocket({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket {
    const serverName = isIP(host) ? {} : { servername: host };
    const socket = ssl
      ? connectTls({ host, port, ...serverName, ...(ssl as ConnectionOptions) }, onConnect)
      : connectPlain({ host, port }, onConnect);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 10_000);
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    // kafkajs takes its own listener away from nothing, but a cut may come before it has put one there.
    socket.on('error', () => {});
    return socket;
  }
}

/** kafkajs logs each retry as an error; this adapter tells `onError` what matters instead. */
function silentLogger(): ReturnType<kafkajs.Kafka['logger']> {
  return new kafkajs.Kafka({ brokers: ['unused:1'], logLevel: kafkajs.logLevel.NOTHING }).logger();
}

/** What kafkajs calls an error of the protocol, e.g. `NOT_LEADER_FOR_PARTITION`; undefined for other errors. */
export function protocolErrorOf(error: unknown): string | undefined {
  const { type, cause } = error as { type?: unknown; cause?: { type?: unknown } };
  const found = type ?? cause?.type;
  return typeof found === 'string' ? found : undefined;
}

/** True if the connection cannot be trusted any more: nothing came back, or it broke. */
export function isConnectionTrouble(error: unknown): boolean {
  return !(error instanceof PaydayError) && protocolErrorOf(error) === undefined;
}
