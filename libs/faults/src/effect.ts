/**
 * The expected effect of a fault kind on the requests of a healthy service: the figures from which `expected-cost.ts` computes
 * a cost. A model, the same for every team; the ledger has the actual effect.
 */
export type ExpectedEffect = HarmfulEffect | TrafficEffect;

/** Requests fail or are delayed. */
export interface HarmfulEffect {
  readonly type: 'harm';
  /** In order, at least one. The first starts when the fault strikes, each ends where the next starts, the last ends with the fault. */
  readonly phases: readonly EffectPhase[];
  /** For people, e.g. `every request fails`. */
  readonly says: string;
}

/** More customers come, and the team is paid for them: no harm and no cost. */
export interface TrafficEffect {
  readonly type: 'traffic';
  /** Additional requests, in percent of the usual number, ≥ 0. */
  readonly percent: number;
  readonly says: string;
}

export interface EffectPhase {
  /** Offset from the strike, ms, ≥ 0. The first phase has 0. */
  readonly fromMs: number;
  /** What happens to requests. Requests without a fate are served as usual; shares add up to 10,000 at most. */
  readonly fates: readonly Fate[];
  /**
   * Capacity in thousandths of an answer per second. Under a higher load, the queue grows until every answer is too late, so all
   * requests fail. Absent: no limit.
   */
  readonly capacityMilliRps?: number;
}

export type Fate =
  /** `shareBp`: share of the requests, in whole ten-thousandths. */
  | { readonly shareBp: number; readonly fails: true }
  /** Delayed by a time uniformly distributed over [fromMs, toMs], whole ms. */
  | { readonly shareBp: number; readonly fails: false; readonly fromMs: number; readonly toMs: number };

const ALL = 10_000;

/** The worst case, for kinds whose effect cannot be known here, so that no struck team counts as spared. */
export const EVERY_REQUEST_FAILS: HarmfulEffect = {
  type: 'harm',
  phases: [{ fromMs: 0, fates: [{ shareBp: ALL, fails: true }] }],
  says: 'every request fails',
};

/** @param percent 0 to 100 */
export function shareFails(percent: number): HarmfulEffect {
  return {
    type: 'harm',
    phases: [{ fromMs: 0, fates: [{ shareBp: Math.round(percent * 100), fails: true }] }],
    says: `${percent} % of the requests fail`,
  };
}

/** Delays every answer by `fromMs` to `toMs`, uniformly distributed. */
export function delays(fromMs: number, toMs: number = fromMs): HarmfulEffect {
  const by = fromMs === toMs ? `${fromMs} ms` : `${fromMs} to ${toMs} ms`;
  return {
    type: 'harm',
    phases: [{ fromMs: 0, fates: [delayed(fromMs, toMs)] }],
    says: `every answer is delayed by ${by}`,
  };
}

/** A delay of all requests of a phase. */
export function delayed(fromMs: number, toMs: number = fromMs): Fate {
  return { shareBp: ALL, fails: false, fromMs, toMs };
}

/** Assumed size of an answer on the wire, including its header, for kinds that limit bytes. */
export const ANSWER_BYTES = 256;

/** All answers of the service share this rate, one after another. @param bytesPerSecond ≥ 1 */
export function sharedRate(bytesPerSecond: number): HarmfulEffect {
  const answerMs = Math.ceil((ANSWER_BYTES * 1000) / bytesPerSecond);
  return {
    type: 'harm',
    phases: [
      {
        fromMs: 0,
        fates: [delayed(answerMs)],
        capacityMilliRps: Math.floor((bytesPerSecond * 1000) / ANSWER_BYTES),
      },
    ],
    says: `answers of ${ANSWER_BYTES} bytes pass at ${bytesPerSecond} bytes per second; above that load, every request fails`,
  };
}

/** Each connection breaks after this many bytes of answers; customers then reconnect. @param bytes ≥ 0 */
export function bytesPerConnection(bytes: number): HarmfulEffect {
  const goodAnswers = Math.floor(bytes / ANSWER_BYTES);
  return {
    type: 'harm',
    phases: [{ fromMs: 0, fates: [{ shareBp: Math.floor(ALL / (goodAnswers + 1)), fails: true }] }],
    says: `one of ${goodAnswers + 1} answers breaks off (at ${ANSWER_BYTES} bytes each)`,
  };
}
