import type { Random } from '#kernel';

/** The result of one check of a service. */
export interface Observation {
  serviceId: string;
  /** When the request was sent, in the engineer's time. */
  startedAtMs: number;
  latencyMs: number;
  /** `wrong` is a good status with wrong content; `failed` is any other bad answer. */
  finding: 'right' | 'wrong' | 'failed';
}

export interface EngineerOptions {
  /** In the order in which problems are handled: dependencies come first. */
  serviceIds: readonly string[];
  /** Services whose failure may be caused by another: left alone while one of the others fails. */
  dependentIds: readonly string[];
  /** 0 to 1. */
  skill: number;
  /** > 0: how many times faster than real time the engineer works. */
  speed: number;
  random: Random;
}

/** The end of a repair. If it `works`, the service is to be redeployed; if not, the diagnosis was wrong. */
export interface Repair {
  serviceId: string;
  works: boolean;
}

const REMEMBERED_LOOKS = 8;
/** This many bad checks among the remembered ones are a failure, even if they are not consecutive. */
const SCATTERED_BAD = 3;
/** After this many good checks in a row the engineer drops an unnecessary repair. */
const CALM_LOOKS = 4;
const SLOWEST_REPAIR_MS = 30_000;
const FASTEST_REPAIR_MS = 4_000;

interface Watched {
  /** Newest last; true is bad. */
  looks: boolean[];
  /** Running average latency of good checks, ms. */
  usualMs: number;
  /** Checks that began before this belong to the previous version. */
  deployedAtMs: number;
  /** Repairs since the last stable phase. */
  attempts: number;
}

/**
 * A bot team's engineer: detects failures from checks of the team's own services, works on one service at a time for as
 * long as the skill demands, and then redeploys it. A pure state machine: time is passed in.
 */
export class Engineer {
  private readonly watched: ReadonlyMap<string, Watched>;
  private work: { serviceId: string; doneAtMs: number } | undefined;

  constructor(private readonly options: EngineerOptions) {
    this.watched = new Map(
      options.serviceIds.map((id) => [id, { looks: [], usualMs: 60, deployedAtMs: -Infinity, attempts: 0 }]),
    );
  }

  /** The service being worked on, or undefined. */
  get workingOn(): string | undefined {
    return this.work?.serviceId;
  }

  /** Records one check of a service. */
  observe({ serviceId, startedAtMs, latencyMs, finding }: Observation): void {
    const service = this.watched.get(serviceId);
    if (service === undefined || startedAtMs < service.deployedAtMs) return;
    const tooSlow = latencyMs > Math.max(200, 3 * service.usualMs + 100);
    const bad = finding !== 'right' || tooSlow;
    service.looks.push(bad);
    if (service.looks.length > REMEMBERED_LOOKS) service.looks.shift();
    if (!bad) service.usualMs += 0.1 * (latencyMs - service.usualMs);
    if (service.looks.length === REMEMBERED_LOOKS && !service.looks.includes(true)) service.attempts = 0;
  }

  /** Advances time to `nowMs`: starts a repair where one is needed, and returns it when it is done. */
  tick(nowMs: number): Repair | undefined {
    if (this.work !== undefined) return nowMs >= this.work.doneAtMs ? this.finish(nowMs) : undefined;
    const serviceId = this.diagnose();
    if (serviceId !== undefined) this.work = { serviceId, doneAtMs: nowMs + this.repairMs(serviceId) };
    return undefined;
  }

  private finish(nowMs: number): Repair | undefined {
    const serviceId = this.work!.serviceId;
    const service = this.watched.get(serviceId)!;
    this.work = undefined;
    if (isCalm(service)) return undefined;
    const { random, skill, dependentIds } = this.options;
    const works = service.attempts > 0 || random.unit() >= 0.04 + 0.4 * (1 - skill);
    service.attempts++;
    if (works) {
      // Earlier checks say nothing about the new version or its callers.
      for (const id of [serviceId, ...dependentIds]) {
        const affected = this.watched.get(id);
        if (affected === undefined) continue;
        affected.looks = [];
        affected.deployedAtMs = nowMs;
      }
    }
    return { serviceId, works };
  }

  private diagnose(): string | undefined {
    const troubled = this.options.serviceIds.filter((id) => this.inTrouble(this.watched.get(id)!));
    return troubled.find((id) => !this.options.dependentIds.includes(id)) ?? troubled[0];
  }

  /** Skilled engineers act on two bad checks in a row, others wait for a third. */
  private inTrouble({ looks }: Watched): boolean {
    const inARow = this.options.skill >= 0.5 ? 2 : 3;
    const scattered = looks.filter(Boolean).length >= SCATTERED_BAD;
    return scattered || (looks.length >= inARow && looks.slice(-inARow).every(Boolean));
  }

  /** About 4 s for the best and 30 s for the worst; repeated repairs take longer. */
  private repairMs(serviceId: string): number {
    const { skill, speed, random } = this.options;
    const usual = SLOWEST_REPAIR_MS - (SLOWEST_REPAIR_MS - FASTEST_REPAIR_MS) * skill;
    const backoff = 2 ** Math.min(2, Math.max(0, this.watched.get(serviceId)!.attempts - 1));
    return (usual * (0.75 + 0.5 * random.unit()) * backoff) / speed;
  }
}

function isCalm({ looks }: Watched): boolean {
  return looks.length >= CALM_LOOKS && !looks.slice(-CALM_LOOKS).includes(true);
}
