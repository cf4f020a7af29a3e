import { messageOf } from '#kernel';
import type { Endpoint } from './http/endpoint.js';
import { PromiseTracker } from './promise-tracker.js';
import type { TeamResults } from './result-buffer.js';

/** Where one team's service is, as far as it can be called. */
export type Target = { endpoint: Endpoint } | { problem: string } | null;

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
    private readonly open: (url: string) => Endpoint,
  ) {
    this.#targets = new Array<Target>(serviceCount).fill(null);
  }

  target(serviceIndex: number): Target {
    return this.#targets[serviceIndex] ?? null;
  }

  /** Requests intended from now on go there. Those on their way to the old place may finish. */
  setEndpoint(serviceIndex: number, url: string | null): void {
    this.endpointAt(serviceIndex)?.retire();
    this.#targets[serviceIndex] = url === null ? null : this.#resolve(url);
  }

  close(): void {
    for (const target of this.#targets) if (target && 'endpoint' in target) target.endpoint.destroy();
  }

  private endpointAt(serviceIndex: number): Endpoint | null {
    const target = this.target(serviceIndex);
    return target && 'endpoint' in target ? target.endpoint : null;
  }

  #resolve(url: string): Target {
    try {
      return { endpoint: this.open(url) };
    } catch (error) {
      return { problem: `the endpoint can't be called: ${messageOf(error)}` };
    }
  }
}
