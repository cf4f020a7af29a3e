import { PaydayError } from '#kernel';
import type { KafkaCredentials } from '../../credentials.js';

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
type SaslMechanism = (typeof MECHANISMS)[number];

export interface KafkaSettings {
  /** `host:port`, at least one; the others of the cluster are found through it. */
  brokers: string[];
  /** Shown in the brokers' logs and quotas. */
  clientId: string;
  /** Prefix of every topic and group, so that installations can share a cluster. */
  topicPrefix: string;
  /** Replicas of each created topic; undefined: three, or the number of brokers if that is smaller. */
  replication: number | undefined;
  /** How long created topics keep records; −1: without limit. */
  retentionMs: number;
  /**
   * A group member that sends no heartbeat for this long loses its partitions. The first value that the brokers allow
   * applies; their default minimum is 6000 (`group.min.session.timeout.ms`).
   */
  sessionTimeoutsMs: readonly number[];
  /** How often a member sends a heartbeat; also the delay until it learns that others joined or left. */
  heartbeatMs: number;
  /** A request without a response for this long has failed, and its connection is cut. */
  requestTimeoutMs: number;
  ssl: { ca?: string; cert?: string; key?: string } | undefined;
  sasl: { mechanism: SaslMechanism; username: string; password: string } | undefined;
}

export const KAFKA_URL_FORM =
  'kafka://host:port[,host:port…][?clientId=…&topicPrefix=…&replication=…&retentionMs=…&ssl=true&sasl=scram-sha-512]';

const DAY_MS = 86_400_000;
/** As short as is safe, so that a dead scorer is replaced soon; then the value that every broker allows. */
const SESSION_TIMEOUTS_MS = [2_000, 6_000] as const;
const BROKER = /^[A-Za-z0-9._-]+:(\d{1,5})$/;

/** Each setting's name and parser. */
const PARAMETERS: Record<string, (text: string) => unknown> = {
  clientId: (text) => matching(/^[\x21-\x7e]{1,100}$/, text, '1 to 100 printable characters'),
  topicPrefix: (text) =>
    matching(/^[A-Za-z0-9._-]{1,100}$/, text, '1 to 100 letters, digits, dots, hyphens and underscores'),
  replication: (text) => integer(text, 1, 100),
  retentionMs: (text) => integer(text, -1, Number.MAX_SAFE_INTEGER),
  sessionTimeoutMs: (text) => integer(text, 500, 1_800_000),
  heartbeatMs: (text) => integer(text, 10, 60_000),
  requestTimeoutMs: (text) => integer(text, 500, 300_000),
  ssl: (text) => oneOf(['true', 'false'], text) === 'true',
  sasl: (text) => oneOf(MECHANISMS, text),
};

/**
 * Parses the part of a URL after `kafka:`. The error lists every mistake at once.
 * @throws PaydayError `invalid_log_url`.
 */
export function kafkaSettings(rest: string, credentials: KafkaCredentials = {}): KafkaSettings {
  const wrong: string[] = [];
  const [, authority = '', query = ''] = /^\/\/([^?]*)(?:\?(.*))?$/.exec(rest) ?? [];
  const brokers = authority.replace(/\/$/, '').split(',');
  if (authority.includes('@'))
    wrong.push('it holds a user or password: set PAYDAY_KAFKA_USERNAME and PAYDAY_KAFKA_PASSWORD instead');
  else
    for (const broker of brokers)
      if (!(Number(BROKER.exec(broker)?.[1]) <= 65_535)) wrong.push(`"${broker}" is no host:port`);
  const given = readParameters(query, wrong);
  const mechanism = given['sasl'] as SaslMechanism | undefined;
  const { username, password, ca, cert, key } = credentials;
  if (mechanism !== undefined && (username === undefined || password === undefined))
    wrong.push(`sasl=${mechanism} needs PAYDAY_KAFKA_USERNAME and PAYDAY_KAFKA_PASSWORD`);
  if (wrong.length > 0)
    throw new PaydayError(
      'invalid_log_url',
      `the URL of the Kafka log is wrong: ${wrong.join('; ')}. Its form: ${KAFKA_URL_FORM}`,
      { details: { wrong } },
    );
  const sessionTimeoutMs = given['sessionTimeoutMs'] as number | undefined;
  const sessionTimeoutsMs = sessionTimeoutMs === undefined ? SESSION_TIMEOUTS_MS : [sessionTimeoutMs];
  return {
    brokers,
    clientId: (given['clientId'] as string | undefined) ?? 'payday',
    topicPrefix: (given['topicPrefix'] as string | undefined) ?? '',
    replication: given['replication'] as number | undefined,
    retentionMs: (given['retentionMs'] as number | undefined) ?? 30 * DAY_MS,
    sessionTimeoutsMs,
    heartbeatMs: (given['heartbeatMs'] as number | undefined) ?? Math.min(500, sessionTimeoutsMs[0]! / 5),
    requestTimeoutMs: (given['requestTimeoutMs'] as number | undefined) ?? 10_000,
    ssl: given['ssl'] ? { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) } : undefined,
    sasl: mechanism && { mechanism, username: username!, password: password! },
  };
}

function readParameters(query: string, wrong: string[]): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const [name, text] of new URLSearchParams(query)) {
    const read = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    if (!read) {
      wrong.push(`there is no setting "${name}" (there are ${Object.keys(PARAMETERS).join(', ')})`);
      continue;
    }
    try {
      given[name] = read(text);
    } catch (error) {
      wrong.push(`${name} is "${text}", ${(error as Error).message}`);
    }
  }
  return given;
}

function matching(pattern: RegExp, text: string, expected: string): string {
  if (!pattern.test(text)) throw new Error(`give ${expected}`);
  return text;
}

function integer(text: string, min: number, max: number): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) throw new Error(`give an integer from ${min} to ${max}`);
  return value;
}

function oneOf<T extends string>(known: readonly T[], text: string): T {
  const found = known.find((one) => one === text);
  if (found === undefined) throw new Error(`give one of ${known.join(', ')}`);
  return found;
}
