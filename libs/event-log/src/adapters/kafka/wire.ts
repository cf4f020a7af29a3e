import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { PaydayError, type Timers } from '#kernel';
import kafkajs, { type ISocketFactoryArgs, type SASLOptions } from 'kafkajs';
import Cluster from 'kafkajs/src/cluster/index.js';
import { cannotConnect, logUnavailable } from './errors.js';
import type { KafkaSettings } from './settings.js';

export type { Cluster };
export type Broker = Awaited<ReturnType<Cluster['findBroker']>>;
export type FetchedMessage = Awaited<
  ReturnType<Broker['fetch']>
>['responses'][number]['partitions'][number]['messages'][number];

const CONNECTION_TIMEOUT_MS = 3_000;
/** Added to kafkajs' own response timeout. */
const LATE_MS = 2_000;

/**
 * Connections to the brokers for one purpose. A broker answers the requests of a connection in order, so a waiting fetch
 * or join would hold up every request behind it.
 *
 * `reset` recovers from any connection failure: it cuts every connection, including half-open ones, and the next
 * `cluster()` reconnects.
 */
export class Wire {
  private readonly sockets = new Set<Socket>();
  /** Topics to look up on connecting: without names kafkajs looks up all topics and fails if any of them is broken. */
  private readonly topics = new Set<string>();
  private connected: Promise<Cluster> | undefined;
  private isClosed = false;

  /** @param requestTimeoutMs overrides the settings' value. */
  constructor(
    private readonly settings: KafkaSettings,
    private readonly timers: Timers,
    private readonly requestTimeoutMs = settings.requestTimeoutMs,
  ) {}

  /**
   * Sends a request to the brokers. An error that puts the connections in doubt cuts them, so that a retry reconnects; so
   * does a missing response, for which kafkajs waits without end in some states.
   * @throws PaydayError `log_unavailable` if no broker is reachable, `log_refused`; errors of kafkajs.
   */
  async sendRequest<T>(
    question: (cluster: Cluster) => Promise<T>,
    limitMs = this.requestTimeoutMs,
  ): Promise<T> {
    const answered = new AbortController();
    const late = this.timers.sleep(limitMs + LATE_MS, answered.signal).then(() => {
      throw new Error(`no answer for ${limitMs + LATE_MS} ms`);
    });
    late.catch(() => {}); // it always rejects, possibly after the race is over
    try {
      return await Promise.race([this.cluster().then(question), late]);
    } catch (error) {
      if (isConnectionTrouble(error)) this.reset();
      throw error;
    } finally {
      answered.abort();
    }
  }

  /** The connected cluster; reconnects after a cut. @throws PaydayError `log_unavailable`. */
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

  /** Adds a topic whose leaders are looked up from now on, also after a reset. */
  about(topic: string): void {
    this.topics.add(topic);
  }

  /**
   * The leader of each partition, by partition.
   * @param anew true to look up again even if known, because a supposed leader denied leading.
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

  /** Cuts every connection; pending requests reject. */
  reset(): void {
    this.connected = undefined;
    // With an error, because that makes kafkajs reject its pending requests.
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
      // Callers retry with fresh metadata; kafkajs itself only tries the next broker.
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
    // A cut may come before kafkajs has attached its own error listener.
    socket.on('error', () => {});
    return socket;
  }
}

/** kafkajs logs each retry as an error; this adapter reports relevant errors to `onError` instead. */
function silentLogger(): ReturnType<kafkajs.Kafka['logger']> {
  return new kafkajs.Kafka({ brokers: ['unused:1'], logLevel: kafkajs.logLevel.NOTHING }).logger();
}

/** kafkajs' name of a protocol error, e.g. `NOT_LEADER_FOR_PARTITION`; undefined for other errors. */
export function protocolErrorOf(error: unknown): string | undefined {
  const { type, cause } = error as { type?: unknown; cause?: { type?: unknown } };
  const found = type ?? cause?.type;
  return typeof found === 'string' ? found : undefined;
}

/** True if the connection is no longer reliable: it broke, or no response came. */
export function isConnectionTrouble(error: unknown): boolean {
  return !(error instanceof PaydayError) && protocolErrorOf(error) === undefined;
}
