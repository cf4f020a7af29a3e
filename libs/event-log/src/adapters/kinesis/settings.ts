import { PaydayError } from '#kernel';

export interface KinesisSettings {
  region: string;
  /** A server other than AWS' own: a VPC endpoint, or an emulator in tests. */
  endpoint: string | undefined;
  /** Prefix of each topic's name, so that several logs can share an account. */
  streamPrefix: string;
  /** How long records are kept, 24 to 8760. Applied when a topic is created. */
  retentionHours: number;
  /** Interval between two reads of one shard. AWS allows five a second per shard for all readers together. */
  pollMs: number;
}

const REGION = /^[a-z]{2}(-[a-z]+)+-\d+$/;
const PREFIX = /^[A-Za-z0-9._-]{0,64}$/;

/**
 * Parses `//region?endpoint=…&streamPrefix=…&retentionHours=…&pollMs=…`, a URL without its scheme.
 * @throws PaydayError `invalid_log_url` that names the mistake.
 */
export function kinesisSettings(rest: string): KinesisSettings {
  let url: URL;
  try {
    url = new URL(`kinesis:${rest}`);
  } catch {
    throw invalid('it is no URL');
  }
  // The message must not repeat them: they may be real.
  if (url.username !== '' || url.password !== '')
    throw invalid(
      'credentials have no place in it: give them by the environment, a profile or a role, as for every AWS client',
    );
  if (!REGION.test(url.hostname)) throw invalid(`"${url.hostname}" is no region (such as eu-central-1)`);
  if (url.port !== '' || !['', '/'].includes(url.pathname))
    throw invalid('behind the region comes "?" or nothing');
  const left = new Map(url.searchParams);
  const take = (name: string): string | undefined => {
    const value = left.get(name);
    left.delete(name);
    return value;
  };
  const settings = {
    region: url.hostname,
    endpoint: endpointOf(take('endpoint')),
    streamPrefix: take('streamPrefix') ?? '',
    retentionHours: integer('retentionHours', take('retentionHours'), 168, 24, 8760),
    pollMs: integer('pollMs', take('pollMs'), 250, 1, 10_000),
  };
  if (!PREFIX.test(settings.streamPrefix))
    throw invalid('streamPrefix takes up to 64 letters, digits, dots, hyphens and underscores');
  if (left.size > 0) throw invalid(`it has settings that nobody knows: ${[...left.keys()].join(', ')}`);
  return settings;
}

function endpointOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const isWeb = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  if (!isWeb) throw invalid('endpoint must be an http or https URL');
  const { username, password } = new URL(text);
  if (username !== '' || password !== '') throw invalid('endpoint must hold no credentials');
  return text;
}

function integer(
  name: string,
  text: string | undefined,
  byDefault: number,
  min: number,
  max: number,
): number {
  const value = text === undefined ? byDefault : Number(text);
  if (!Number.isInteger(value) || value < min || value > max)
    throw invalid(`${name} must be an integer from ${min} to ${max}`);
  return value;
}

function invalid(what: string): PaydayError {
  return new PaydayError(
    'invalid_log_url',
    `this URL of a Kinesis log cannot be used: ${what}. Its form is ` +
      'kinesis://region?endpoint=…&streamPrefix=…&retentionHours=…&pollMs=…',
  );
}
