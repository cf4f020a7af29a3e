import { PaydayError, messageOf } from '#kernel';
import { unknownTopic } from '../../errors.js';

/** Permanent refusals by the brokers, and how to resolve each. */
const REFUSALS: Record<string, string> = {
  TOPIC_AUTHORIZATION_FAILED: 'this user may not use the topic: allow it to (kafka-acls)',
  GROUP_AUTHORIZATION_FAILED: 'this user may not join the group: allow it to (kafka-acls)',
  CLUSTER_AUTHORIZATION_FAILED: 'this user may not do that to the cluster: allow it to (kafka-acls)',
  SASL_AUTHENTICATION_FAILED:
    'user or password is wrong: see PAYDAY_KAFKA_USERNAME and PAYDAY_KAFKA_PASSWORD',
  CERTIFICATE_REFUSED:
    'we do not trust the brokers’ certificate: give their authority by PAYDAY_KAFKA_CA, and names that it holds in the URL',
  UNSUPPORTED_SASL_MECHANISM: 'the brokers do not take this mechanism: change sasl=… in the URL',
  INVALID_REPLICATION_FACTOR: 'there are fewer brokers than copies: lower replication=… in the URL',
  INVALID_SESSION_TIMEOUT:
    'the brokers do not allow this sessionTimeoutMs (group.min/max.session.timeout.ms)',
  POLICY_VIOLATION: 'the cluster’s policy forbids it',
  INVALID_CONFIG: 'the brokers refuse a topic’s configuration',
};

export function logUnavailable(cause: unknown, brokers?: readonly string[]): PaydayError {
  if (cause instanceof PaydayError) return cause;
  const where = brokers ? ` at ${brokers.join(', ')}` : '';
  return new PaydayError('log_unavailable', `Kafka${where} did not do what was asked: ${messageOf(cause)}`, {
    cause,
  });
}

/** Maps a failed connection: the brokers are unreachable, or they refuse this client. */
export function cannotConnect(error: unknown, brokers: readonly string[]): PaydayError {
  return refusalOf(error) ?? logUnavailable(error, brokers);
}

/** Retention has removed records that a consumer has not read, so reading on would skip them. */
export function positionExpired(
  topic: string,
  partition: number,
  position: string,
  earliest: string,
): PaydayError {
  return new PaydayError(
    'position_expired',
    `cannot read ${topic}/${partition} behind position ${position}: the log begins at ${earliest}, what lay between was ` +
      'removed by retention. Restore the stored position and the log from one moment, or begin anew from "earliest"',
    { details: { topic, partition, position, earliest } },
  );
}

/** Maps an error of kafkajs to the port's errors. */
export function toPaydayError(error: unknown, topic?: string): PaydayError {
  if (error instanceof PaydayError) return error;
  if (typeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION' && topic !== undefined) return unknownTopic(topic);
  return refusalOf(error, topic) ?? logUnavailable(error);
}

function refusalOf(error: unknown, topic?: string): PaydayError | undefined {
  const name = typeOf(error);
  const refusal = name === undefined ? undefined : REFUSALS[name];
  if (!refusal) return undefined;
  return new PaydayError('log_refused', `Kafka refused (${name}): ${refusal}`, {
    cause: error,
    details: { refusal: name, ...(topic && { topic }) },
  });
}

function typeOf(error: unknown): string | undefined {
  const { type, name, code, cause } = error as {
    type?: string;
    name?: string;
    code?: string;
    cause?: unknown;
  };
  if (type !== undefined) return type;
  if (name === 'KafkaJSSASLAuthenticationError') return 'SASL_AUTHENTICATION_FAILED';
  if (code !== undefined && CERTIFICATE.test(code)) return 'CERTIFICATE_REFUSED';
  return cause instanceof Error ? typeOf(cause) : undefined;
}

/** Node's and OpenSSL's codes for a certificate that is untrusted, expired or issued for another host. */
const CERTIFICATE = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|ERR_TLS_CERT_)/;
