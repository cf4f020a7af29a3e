import type { FaultScoring } from '#contracts';
import { DEFAULT_CEREMONY, DEFAULT_CHAOS_LIMITS, DEFAULT_PROOF } from './defaults.js';
import type { Path } from './file-error.js';
import { mediaUrl } from './media-url.js';
import { showValue } from './plain-text.js';
import type { Complete, Reader } from './readers.js';
import {
  boolean,
  duration,
  id,
  integer,
  isMapping,
  list,
  object,
  oneOf,
  optional,
  record,
  required,
  scalar,
  text,
} from './readers.js';
import { teamColor, teamName } from './team-rules.js';
import type { Report } from './yaml-source.js';

/**
 * The keys of a scenario file with their ranges and defaults; docs/writing-a-scenario.md lists them in one table.
 * Rules across several keys are in scenario-rules.ts.
 */
const SECOND_MS = 1000;
const DAY_MS = 24 * 3_600_000;
const MAX_CENTS = 1_000_000;
const MAX_REQUESTS_PER_SECOND = 10_000;

/** Requests per second, with at most three decimals so that thousandths are exact. */
const rate: Reader<number> = (value, path, report) => {
  if (typeof value === 'number' && value >= 0 && value <= MAX_REQUESTS_PER_SECOND) {
    if (Math.abs(value * 1000 - Math.round(value * 1000)) < 1e-6) return value;
    report(path, `must have at most three decimals, got ${showValue(value)}`);
  } else
    report(path, `must be a rate from 0 to ${MAX_REQUESTS_PER_SECOND} per second, got ${showValue(value)}`);
  return undefined;
};

const rates: Reader<number | Record<string, number | undefined>> = (value, path, report) =>
  isMapping(value) ? record(rate, 8, () => undefined)(value, path, report) : rate(value, path, report);

const json: Reader<unknown> = (value, path, report) => {
  let fine = true;
  const walk = (item: unknown, at: Path): void => {
    if (typeof item === 'number' && !Number.isFinite(item)) {
      report(at, `${showValue(item)} does not exist in JSON`);
      fine = false;
    } else if (Array.isArray(item)) item.forEach((each, index) => walk(each, [...at, index]));
    else if (isMapping(item)) for (const [key, each] of Object.entries(item)) walk(each, [...at, key]);
  };
  walk(value, path);
  return fine ? value : undefined;
};

/** Headers that the prober sets itself. */
const OWN_HEADERS = ['connection', 'content-length', 'expect', 'host', 'transfer-encoding', 'upgrade'];
const headerProblem = (name: string): string | undefined => {
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(name)) return 'is not a header name';
  if (OWN_HEADERS.includes(name.toLowerCase())) return 'is set by the prober; leave it out';
  return undefined;
};
const headerValue: Reader<string> = (value, path, report) =>
  text(0, 1000)(typeof value === 'number' ? String(value) : value, path, report);

const requestPath: Reader<string> = (value, path, report) => {
  const found = text(1, 1000)(value, path, report);
  if (found === undefined) return undefined;
  if (!found.startsWith('/') || found.startsWith('//')) report(path, 'must begin with one /');
  else if (/[\s#\\]/.test(found.replace(/\{\{.*?\}\}/g, '')))
    report(path, 'must not hold spaces, # or \\; percent-encode them');
  else return found;
  return undefined;
};

const caseName = (name: string): string | undefined => {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,39}$/.test(name))
    return 'is not a placeholder name: letters, digits and _, not beginning with a digit';
  return name === 'uuid' ? 'is filled in by the prober; choose another name' : undefined;
};

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const;
type Method = (typeof METHODS)[number];

const check = object({
  id: required(id),
  weight: optional(integer(1, 1000), 1),
  request: required(
    object({
      method: optional(oneOf(METHODS), 'GET' as Method),
      path: required(requestPath),
      headers: optional(record(headerValue, 32, headerProblem), {}),
      body: optional(json),
    }),
  ),
  expect: optional(
    object({
      status: optional(integer(100, 599), 200),
      json: optional(json),
      contains: optional(text(1, 1000)),
    }),
    { status: 200, json: undefined, contains: undefined },
  ),
  cases: optional(list(record(scalar, 32, caseName), 1, 1000), [{}]),
});

const service = object({
  id: required(id),
  letter: optional(text(1, 1)),
  weightPercent: optional(integer(1, 1000), 100),
  checks: required(list(check, 1, 32)),
});

const percent = (max: number): Reader<number> => integer(0, max);
const DOWNTIME = { belowAvailabilityPercent: 90, minProbes: 5, cents: -250 };
const MARKET = { ownPercent: 100, foreignPercent: 120, providerFeeCents: 1 };
const BANDS = [
  { upTo: 100, cents: 100 },
  { upTo: 250, cents: 60 },
  { upTo: 1000, cents: 20 },
];
const PAY = {
  window: 5 * SECOND_MS,
  speedBands: BANDS,
  failureCents: -100,
  downtime: DOWNTIME,
  market: MARKET,
};
const cost = integer(-MAX_CENTS, 0);

/** The `pay` section. */
export const payShape = object({
  window: optional(duration(SECOND_MS, 300 * SECOND_MS), PAY.window),
  speedBands: optional(
    list(
      object({ upTo: required(duration(1, 120 * SECOND_MS)), cents: required(integer(0, MAX_CENTS)) }),
      1,
      16,
    ),
    BANDS,
  ),
  failureCents: optional(cost, PAY.failureCents),
  downtime: optional(
    object({
      belowAvailabilityPercent: optional(percent(100), DOWNTIME.belowAvailabilityPercent),
      minProbes: optional(integer(1, 1_000_000), DOWNTIME.minProbes),
      cents: optional(cost, DOWNTIME.cents),
    }),
    DOWNTIME,
  ),
  market: optional(
    object({
      ownPercent: optional(percent(1000), MARKET.ownPercent),
      foreignPercent: optional(percent(1000), MARKET.foreignPercent),
      providerFeeCents: optional(integer(0, MAX_CENTS), MARKET.providerFeeCents),
    }),
    MARKET,
  ),
});

const phase = object({
  at: required(duration(0, DAY_MS)),
  label: required(text(1, 80)),
  requestsPerSecond: required(rates),
  ramp: optional(duration(0, DAY_MS), 0),
});

const struckTeams: Reader<'all' | number | string[]> = (value, path, report) => {
  if (value === 'all') return 'all';
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= 1000)
    return value as number;
  if (Array.isArray(value)) {
    const ids = list(id, 1, 1000)(value, path, report);
    return ids?.filter((each) => each !== undefined);
  }
  report(path, `expected all, a number from 1 to 1000, or a list of team ids, got ${showValue(value)}`);
  return undefined;
};

/** `80%` or `80`. */
const share: Reader<number> = (value, path, report) => {
  const given = typeof value === 'string' && /^\d{1,3} ?%$/.test(value) ? parseInt(value, 10) : value;
  if (Number.isSafeInteger(given) && (given as number) >= 1 && (given as number) <= 100)
    return given as number;
  report(path, `must be a share from 1% to 100%, got ${showValue(value)}`);
  return undefined;
};

const condition = object({ teamsUp: required(share), by: optional(duration(0, DAY_MS)) });

const fault = object({
  at: required(duration(0, DAY_MS)),
  when: optional(condition),
  fault: required(id),
  id: optional(id),
  service: required(id),
  params: optional(
    record(scalar, 32, () => undefined),
    {},
  ),
  ttl: optional(duration(SECOND_MS, DAY_MS), 60 * SECOND_MS),
  teams: optional(struckTeams, 'all'),
  label: required(text(1, 120)),
  scoring: optional(oneOf(['count', 'pause'] as const), 'count' as FaultScoring),
});

const announcement = object({
  at: required(duration(0, DAY_MS)),
  when: optional(condition),
  announcement: required(text(1, 280)),
  id: optional(id),
  picture: optional(mediaUrl),
  video: optional(mediaUrl),
});

export type FaultDraft = NonNullable<ReturnType<typeof fault>>;
type AnnouncementDraft = NonNullable<ReturnType<typeof announcement>>;
export type TimelineDraft = FaultDraft | AnnouncementDraft;

const timelineEntry: Reader<TimelineDraft> = (value, path: Path, report: Report) => {
  const kinds = isMapping(value) ? ['fault', 'announcement'].filter((key) => Object.hasOwn(value, key)) : [];
  if (kinds.length === 1) return (kinds[0] === 'fault' ? fault : announcement)(value, path, report);
  report(path, 'expected a mapping with either the key "fault" or the key "announcement"');
  return undefined;
};

export const scenarioShape = object({
  id: optional(id),
  name: required(text(1, 60)),
  description: optional(text(0, 2000, true), ''),
  duration: required(duration(SECOND_MS, DAY_MS)),
  seed: optional(((value, path, report) =>
    text(1, 100)(typeof value === 'number' ? String(value) : value, path, report)) as Reader<string>),
  services: required(list(service, 1, 8)),
  probing: optional(
    object({
      timeout: optional(duration(100, 60 * SECOND_MS), 2 * SECOND_MS),
      maxBodyBytes: optional(integer(1024, 16 * 1024 * 1024), 64 * 1024),
      proof: optional(oneOf(['required', 'warn', 'off'] as const), DEFAULT_PROOF),
    }),
    { timeout: 2 * SECOND_MS, maxBodyBytes: 64 * 1024, proof: DEFAULT_PROOF },
  ),
  pay: optional(payShape, PAY),
  load: required(list(phase, 1, 200)),
  timeline: optional(list(timelineEntry, 0, 1000), []),
  freeze: optional(duration(1, DAY_MS)),
  ceremony: optional(
    object({
      revealAfter: optional(duration(0, DAY_MS)),
      introduced: optional(integer(1, 100), DEFAULT_CEREMONY.introduced),
      prizes: optional(integer(0, 100), DEFAULT_CEREMONY.prizes),
    }),
    { ...DEFAULT_CEREMONY, revealAfter: undefined },
  ),
  chaos: optional(
    object({
      maxTeams: optional(integer(1, 1000), DEFAULT_CHAOS_LIMITS.maxTeams),
      maxDuration: optional(duration(SECOND_MS, DAY_MS), DEFAULT_CHAOS_LIMITS.maxDurationMs),
      cooldown: optional(duration(0, DAY_MS), DEFAULT_CHAOS_LIMITS.cooldownMs),
      maxActive: optional(integer(1, 10_000), DEFAULT_CHAOS_LIMITS.maxActive),
    }),
    {
      maxTeams: DEFAULT_CHAOS_LIMITS.maxTeams,
      maxDuration: DEFAULT_CHAOS_LIMITS.maxDurationMs,
      cooldown: DEFAULT_CHAOS_LIMITS.cooldownMs,
      maxActive: DEFAULT_CHAOS_LIMITS.maxActive,
    },
  ),
});

export type ScenarioDraft = NonNullable<ReturnType<typeof scenarioShape>>;
export type ScenarioFile = Complete<ScenarioDraft>;
export type CheckDraft = NonNullable<ReturnType<typeof check>>;

/** `teams: […]` of a teams file. */
export const teamsShape = object({
  teams: required(
    list(
      object({
        id: optional(id),
        name: required(teamName),
        color: optional(teamColor),
        ranked: optional(boolean, true),
        endpoints: optional(
          record(text(1, 2000), 8, () => undefined),
          {},
        ),
      }),
      1,
      1000,
    ),
  ),
});
