import { optional, required, section, withDefault } from './key.js';
import { integer, oneOf, pattern, pem, text } from './key-types.js';

/** The event log. */
export const logSection = section(
  {
    url: required(pattern('URL', /^[a-z]+:.*$/, 'the URL of an event log, e.g. lmdb:/absolute/folder'), {
      flag: 'log',
      env: 'PAYDAY_LOG_URL',
      help: 'Where events and results are stored: lmdb:/absolute/folder, kafka://host:port,… Its topics must exist (payday topics create).',
      refusedAsFlag: passwordInUrl('PAYDAY_LOG_URL'),
    }),
    kafkaUsername: optional(text('NAME'), {
      env: 'PAYDAY_KAFKA_USERNAME',
      help: 'For kafka: URLs with sasl=…; everything else of Kafka is part of the URL.',
    }),
    kafkaPassword: optional(text('PASSWORD'), {
      env: 'PAYDAY_KAFKA_PASSWORD',
      secret: true,
      help: 'For kafka: URLs with sasl=….',
    }),
    kafkaCa: optional(pem(), {
      env: 'PAYDAY_KAFKA_CA',
      secret: true,
      help: 'For kafka: URLs with ssl=true: the certificate authority of the brokers, where Node does not trust it.',
    }),
    kafkaCert: optional(pem(), {
      env: 'PAYDAY_KAFKA_CERT',
      secret: true,
      help: 'For kafka: URLs with ssl=true: a client certificate, for mutual TLS; goes with a key.',
    }),
    kafkaKey: optional(pem(), {
      env: 'PAYDAY_KAFKA_KEY',
      secret: true,
      help: 'For kafka: URLs with ssl=true: the key of the client certificate.',
    }),
  },
  ({ kafkaCert, kafkaKey }) =>
    (kafkaCert === undefined) === (kafkaKey === undefined)
      ? []
      : ['log.kafkaCert and log.kafkaKey: go together; give both or none'],
);

/** PostgreSQL. */
export const databaseSection = section({
  url: required(pattern('URL', /^postgres(ql)?:\/\/.*$/, 'postgres://user@host:5432/database'), {
    flag: 'database',
    env: 'DATABASE_URL',
    secret: true,
    help: 'PostgreSQL, with an up-to-date schema (payday migrate). Put a password in DATABASE_URL or PGPASSWORD.',
    refusedAsFlag: passwordInUrl('DATABASE_URL'),
  }),
});

/** Where a service listens. @param port the default; 0: any free port */
export function httpSection(port: number): ReturnType<typeof makeHttpSection> {
  return makeHttpSection(port);
}

function makeHttpSection(port: number) {
  return section({
    host: withDefault(text('ADDRESS', 255), '127.0.0.1', {
      flag: 'host',
      env: 'PAYDAY_HOST',
      help: 'Address to listen on; 0.0.0.0 or :: for all.',
    }),
    port: withDefault(integer(0, 65_535), String(port), {
      flag: 'port',
      env: 'PAYDAY_PORT',
      help: 'Port of /healthz, /readyz and /metrics, and of what else the service serves; 0: any free port.',
    }),
  });
}

/** Logging and shutdown. @param drainMs the default; services behind a load balancer need more than 0 */
export function processSection(drainMs: number): ReturnType<typeof makeProcessSection> {
  return makeProcessSection(drainMs);
}

function makeProcessSection(drainMs: number) {
  return section(
    {
      logLevel: withDefault(oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']), 'info', {
        flag: 'log-level',
        env: 'PAYDAY_LOG_LEVEL',
        help: 'What is logged, as JSON on standard error.',
      }),
      drainMs: withDefault(integer(0, 300_000), String(drainMs), {
        flag: 'drain-ms',
        env: 'PAYDAY_DRAIN_MS',
        help: 'After SIGTERM: /readyz answers 503 for this long before connections are closed, so that load balancers notice.',
      }),
      stopWithinMs: withDefault(integer(100, 600_000), '15000', {
        flag: 'stop-within-ms',
        env: 'PAYDAY_STOP_WITHIN_MS',
        help: 'After SIGTERM: the process exits within this time, by force if necessary (exit code 1).',
      }),
    },
    ({ drainMs: drain, stopWithinMs }) =>
      drain < stopWithinMs
        ? []
        : [`process.drainMs: ${drain} must be less than process.stopWithinMs, ${stopWithinMs}`],
  );
}

/** Everybody on the machine can read a command line. */
function passwordInUrl(env: string): (given: string) => string | null {
  return (given) =>
    /^[a-z]+:\/\/[^/@]*:[^/@]+@/.test(given)
      ? `a password on the command line can be read by everybody on this machine; give the URL by ${env}`
      : null;
}
