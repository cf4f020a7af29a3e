import { PaydayError, type Random } from '#kernel';
import type { Answer, ServiceRequest } from '../../http/service.js';
import type { Timers } from '../timers.js';

export type FaultParams = Readonly<Record<string, string | number | boolean>>;

export interface FaultContext {
  random: Random;
  timers: Timers;
  /** Aborts when the fault ends, for whatever reason. */
  ended: AbortSignal;
}

/** What a fault does to one service while it lasts. Several act at once; each ends without touching the others. */
export interface FaultEffect {
  /** Nobody listens any more: connections are cut, new ones refused. */
  refusesConnections?: true;
  /** Stands in front of the service; `next` asks the service (or the fault behind this one). */
  intercept?(request: ServiceRequest, next: () => Promise<Answer>): Promise<Answer>;
}

/** One kind of fault: a file in this folder and a line in `index.ts`. */
export interface FaultKind {
  /** As scenarios name it, e.g. `wrong-answer`. */
  kind: string;
  /** @throws PaydayError `invalid_params` with what is allowed. */
  begin(params: FaultParams, context: FaultContext): FaultEffect;
}

/**
 * Reads params that must be exactly these whole numbers, each within its inclusive range.
 * @throws PaydayError `invalid_params`.
 */
export function integerParams<Name extends string>(
  kind: string,
  params: FaultParams,
  allowed: Readonly<Record<Name, readonly [low: number, high: number]>>,
): Record<Name, number> {
  const names = Object.keys(allowed) as Name[];
  const unknown = Object.keys(params).find((name) => !(names as string[]).includes(name));
  if (unknown !== undefined) {
    const hint = names.length === 0 ? 'it takes none' : `it takes ${names.join(', ')}`;
    throw new PaydayError('invalid_params', `fault kind "${kind}" has no param "${unknown}"; ${hint}`);
  }
  for (const name of names) {
    const [low, high] = allowed[name];
    const value = params[name];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high)
      throw new PaydayError(
        'invalid_params',
        `fault kind "${kind}" needs "${name}", a whole number from ${low} to ${high}`,
      );
  }
  return params as Record<Name, number>;
}
