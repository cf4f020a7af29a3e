import { messageOf } from '#kernel';
import { PromiseTracker } from './promise-tracker.js';
import type { TeamResults } from './result-buffer.js';
import type { ServiceClient } from './service-client/service-client.js';
import type { WorkMeter } from './work-meter.js';

/** Where one team's service is, as far as it can be called. */
export type Target = { service: ServiceClient } | { problem: string } | null;

/** Everything that belongs to one team: nothing in here is shared with another. */
export class TeamLane {
  readonly tracker = new PromiseTracker();
  /** Monotonic time of the latest batch, microseconds. */
  reportedAtUs = -Infinity;
  readonly #targets: Target[];

  constructor(
    readonly teamId: string,
    serviceCount: number,
    readonly results: TeamResults,
    /** What its answers cost us. */
    readonly meter: WorkMeter,
    private readonly open: (url: string) => ServiceClient,
  ) {
    this.#targets = new Array<Target>(serviceCount).fill(null);
  }

  target(serviceIndex: number): Target {
    return this.#targets[serviceIndex] ?? null;
  }

  /** Requests intended from now on go there. Those on their way to the old place may finish. */
  setEndpoint(serviceIndex: number, url: string | null): void {
    this.#serviceAt(serviceIndex)?.retire();
    this.#targets[serviceIndex] = url === null ? null : this.#resolve(url);
  }

  close(): void {
    for (const target of this.#targets) if (target && 'service' in target) target.service.destroy();
  }

  #serviceAt(serviceIndex: number): ServiceClient | null {
    const target = this.target(serviceIndex);
    return target && 'service' in target ? target.service : null;
  }

  #resolve(url: string): Target {
    try {
      return { service: this.open(url) };
    } catch (error) {
      return { problem: `the endpoint can't be called: ${messageOf(error)}` };
    }
  }
}
