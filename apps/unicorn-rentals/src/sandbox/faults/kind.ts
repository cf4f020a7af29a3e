import { PaydayError, type Random, type Time } from '#kernel';
import type { Answer, ServiceRequest } from '../../http/service.js';

export type FaultParams = Readonly<Record<string, string | number | boolean>>;

export interface FaultContext {
  serviceId: string;
  random: Random;
  timers: Time;
  /** Aborts when the fault ends, for any reason. */
  ended: AbortSignal;
  /** Memory that the machine can still give, in bytes. */
  availableBytes: () => number;
  /** To be called when `refusesConnections` of the effect has changed. */
  changed: () => void;
}

/** What a fault does to the network in front of one service. */
export interface NetworkEffect {
  /** Nothing passes in either direction. */
  readonly isBlackHole?: true;
  /** How much later the next piece of an answer is delivered, in ms. Drawn once per piece. */
  drawDelayMs?(): number;
  /** The rate that all answers share. */
  readonly bytesPerSecond?: number;
  /** Whether the connection of the next request is reset. Drawn once per request. */
  drawReset?(): boolean;
}

/** What a fault does to one service while it lasts. Several act at once; each ends independently. */
export interface FaultEffect {
  /** Called once, when the fault begins to act. `begin` itself does nothing yet. */
  start?(): void;
  /** The service stops listening: connections are cut, new ones refused. */
  readonly refusesConnections?: boolean;
  /** Wraps the service; `next` calls the service (or the fault behind this one). */
  intercept?(request: ServiceRequest, next: () => Promise<Answer>): Promise<Answer>;
  /** Only for kinds that act on the network. */
  readonly network?: NetworkEffect;
}

/** One kind of fault: a file in this folder and a line in `index.ts`. */
export interface FaultKind {
  /** As scenarios name it, e.g. `wrong-answer`. */
  kind: string;
  /** What it acts on. A new version of the service ends faults of the service, but not of the network. */
  strikes: 'service' | 'network';
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
