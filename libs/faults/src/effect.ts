/**
 * What a kind of fault is expected to do to the requests of a service that serves well otherwise: figures that an expected cost
 * is computed from (`expected-cost.ts`). A model, the same for every team; what a fault really did is in the ledger.
 */
export type ExpectedEffect = HarmfulEffect | TrafficEffect;

/** Requests fail, or are answered later. */
export interface HarmfulEffect {
  readonly type: 'harm';
  /** In order; the first begins when the fault strikes, each ends where the next begins, the last with the fault. At least one. */
  readonly phases: readonly EffectPhase[];
  /** For people, e.g. `every request fails`. */
  readonly says: string;
}

/** More customers come, and are paid for: no harm, and no cost. */
export interface TrafficEffect {
  readonly type: 'traffic';
  /** So many per cent of the usual requests come in addition, ≥ 0. */
  readonly percent: number;
  readonly says: string;
}

export interface EffectPhase {
  /** Since the fault struck, ms, ≥ 0. The first is 0. */
  readonly fromMs: number;
  /** What becomes of requests. Requests that no fate takes are served as ever; shares add up to 10,000 at most. */
  readonly fates: readonly Fate[];
  /**
   * So many thousandths of an answer a second get through at most. Where more customers come, the queue grows until every answer
   * is too late: all fail. Absent: no limit.
   */
  readonly capacityMilliRps?: number;
}

export type Fate =
  /** `shareBp`: ten thousandths of the requests, whole. */
  | { readonly shareBp: number; readonly fails: true }
  /** Answered later by a time that is evenly spread over [fromMs, toMs], whole ms; both the same: by exactly that. */
  | { readonly shareBp: number; readonly fails: false; readonly fromMs: number; readonly toMs: number };

const ALL = 10_000;

/** What is declared for kinds whose effect nobody can know here: the worst, so that no team is called spared that was not. */
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

/** Every answer comes later, by `fromMs` to `toMs`, evenly spread. */
export function delays(fromMs: number, toMs: number = fromMs): HarmfulEffect {
  const by = fromMs === toMs ? `${fromMs} ms` : `${fromMs} to ${toMs} ms`;
  return {
    type: 'harm',
    phases: [{ fromMs: 0, fates: [delayed(fromMs, toMs)] }],
    says: `every answer comes ${by} later`,
  };
}

/** All requests of a phase. */
export function delayed(fromMs: number, toMs: number = fromMs): Fate {
  return { shareBp: ALL, fails: false, fromMs, toMs };
}

/** What an answer is taken to weigh on the wire, its head included, where a kind limits bytes. */
export const ANSWER_BYTES = 256;

/** All answers of the service pass at this rate, one behind the other. @param bytesPerSecond ≥ 1 */
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
    says: `answers of ${ANSWER_BYTES} bytes pass at ${bytesPerSecond} bytes per second; where more are asked for, every request fails`,
  };
}

/** Each connection dies after so many bytes of answers, and the next one is made. @param bytes ≥ 0 */
export function bytesPerConnection(bytes: number): HarmfulEffect {
  const goodAnswers = Math.floor(bytes / ANSWER_BYTES);
  return {
    type: 'harm',
    phases: [{ fromMs: 0, fates: [{ shareBp: Math.floor(ALL / (goodAnswers + 1)), fails: true }] }],
    says: `one of ${goodAnswers + 1} answers breaks off (at ${ANSWER_BYTES} bytes each)`,
  };
}
