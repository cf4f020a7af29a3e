/** Outcome codes on the wire are indexes into this list. `prober_error` never scores. */
export const OUTCOMES = [
  'ok',
  'bad_status',
  'wrong_body',
  'timeout',
  'connect_error',
  'tls_error',
  'redirect',
  'too_large',
  'no_endpoint',
  'prober_error',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

export const OUTCOME = Object.fromEntries(OUTCOMES.map((name, code) => [name, code])) as Record<
  Outcome,
  number
>;

export const ROLES = ['consumer', 'provider'] as const;
export type Role = (typeof ROLES)[number];

/** Column-wise results of one prober for one (game, team, role, service, counterparty); see probe_batch.proto. */
export interface ProbeBatch {
  gameId: string;
  teamId: string;
  role: Role;
  serviceId: string;
  counterpartyId: string;
  proberId: string;
  epoch: number;
  seq: number;
  baseIntendedAtMs: number;
  /** The three columns have one length; it may be 0 when the batch only carries a watermark. */
  offsetMs: ArrayLike<number>;
  latencyUs: ArrayLike<number>;
  outcome: ArrayLike<number>;
  samples: ProbeSample[];
  watermarkMs: number;
}

export interface ProbeSample {
  index: number;
  checkId: string;
  request: string;
  expected: string;
  got: string;
}

/** Bounds that ingest enforces and readers may rely on. */
export const PROBE_BATCH_LIMITS = {
  maxBodyBytes: 4 * 1024 * 1024,
  maxBatchesPerRequest: 4096,
  maxResultsPerBatch: 65_536,
  maxSamplesPerBatch: 64,
  maxSampleTextLength: 200,
  maxLatencyUs: 120_000_000,
  /**
   * How far ahead of ingest's clock an intended time, or a watermark, may lie: wide enough for a prober whose clock is wrong by
   * minutes, because results score by the prober's clock. The current time, or when a game was last alive, must come from the
   * log's own clock instead (`StoredRecord.appendedAt`).
   */
  maxFutureMs: 10 * 60_000,
} as const;
