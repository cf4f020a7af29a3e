import type { Random } from '#kernel';

/** The capacity of a service. */
export interface Capacity {
  /** Median time that one request occupies a worker, in ms. */
  medianMs: number;
  /** Requests processed at a time. */
  workers: number;
  /** Requests that may wait for a worker; further ones get 503. */
  maxWaiting: number;
}

const SLOWEST_MS = 120;
const FASTEST_MS = 5;
/** How far deploys move a service's quality away from the team's skill, either way. */
const DRIFT = 0.18;
const STEP = 0.09;
/** Between two deploys of one team. */
const DEPLOY_EVERY_MS = { low: 12_000, high: 40_000 };

/**
 * From quality (0 to 1) to capacity: 120 ms and 2 workers at worst, 5 ms and 8 workers at best. With the slowdown of
 * `drawServiceMs` a service of quality 0 carries about 11 requests a second, one of 0.3 about 45, one of 0.5 about 110,
 * one of 1 about 1000.
 */
export function capacityOf(quality: number): Capacity {
  const q = clamp(quality, 0, 1);
  return {
    medianMs: SLOWEST_MS * (FASTEST_MS / SLOWEST_MS) ** q,
    workers: 2 + Math.round(6 * q * q),
    maxWaiting: 8 + Math.round(56 * q),
  };
}

/**
 * How long one request occupies a worker, in ms: around the median, with a tail (1 % take four times as long), and up to
 * half as much again as the service fills up. `busy` counts the occupied workers, this one included.
 */
export function drawServiceMs(capacity: Capacity, busy: number, random: Random): number {
  // The sum of three uniform numbers approximates a normal distribution: 0.55 to 1.45 medians.
  const bell = (random.unit() + random.unit() + random.unit()) / 3;
  const tail = random.unit() < 0.01 ? 4 : 1;
  const slowdown = 1 + 0.5 * clamp((busy - 1) / capacity.workers, 0, 1);
  return capacity.medianMs * (0.55 + 0.9 * bell) * tail * slowdown;
}

export interface Deploy<Service extends string> {
  serviceId: Service;
  /** The service's quality from now on, 0 to 1. */
  quality: number;
}

/**
 * How good a team's services are over time. Each starts near the team's skill; every deploy moves one of them a step
 * up or down, within `DRIFT` of the skill and with a bias back to it, so that close teams keep overtaking each other
 * while a weak team does not become a strong one.
 */
export class TeamPerformance<Service extends string> {
  private readonly qualities = new Map<Service, number>();

  constructor(
    private readonly skills: ReadonlyMap<Service, number>,
    private readonly random: Random,
  ) {
    for (const [serviceId, skill] of skills)
      this.qualities.set(serviceId, clamp(skill + (random.unit() - 0.5) * DRIFT, 0, 1));
  }

  capacity(serviceId: Service): Capacity {
    return capacityOf(this.qualities.get(serviceId) ?? 0);
  }

  /** Time until the next deploy, in ms of unaccelerated time. */
  nextDeployMs(): number {
    return this.random.between(DEPLOY_EVERY_MS.low, DEPLOY_EVERY_MS.high);
  }

  /** Deploys a new version of one service. */
  deploy(): Deploy<Service> {
    const serviceId = this.random.pick([...this.skills.keys()]);
    const skill = this.skills.get(serviceId) ?? 0;
    const before = this.qualities.get(serviceId) ?? skill;
    const chanceUp = clamp(0.55 - (0.5 * (before - skill)) / DRIFT, 0.05, 0.95);
    const step = STEP * (0.4 + 0.6 * this.random.unit()) * (this.random.unit() < chanceUp ? 1 : -1);
    const quality = clamp(before + step, Math.max(0, skill - DRIFT), Math.min(1, skill + DRIFT));
    this.qualities.set(serviceId, quality);
    return { serviceId, quality };
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
