import { isIP } from 'node:net';
import { messageOf } from '#kernel';
import type { TeamNames } from './dns/index.js';
import { WatermarkTracker } from './watermark-tracker.js';
import type { TeamResults } from './result-buffer.js';
import type { ServiceClient } from './service-client/service-client.js';
import type { WorkMeter } from './work-meter.js';

/** One team's service if it can be called, or why not; null without an endpoint. */
export type Target = { service: ServiceClient } | { problem: string } | null;

/** The state of one team; teams share none of it. */
export class TeamProbing {
  readonly tracker = new WatermarkTracker();
  /** Monotonic time of the latest batch, microseconds. */
  reportedAtUs = -Infinity;
  private readonly targets: Target[];
  /** How often each service's endpoint has changed: a lookup for an older change no longer counts. */
  private readonly changes: number[];
  private readonly pending = new Set<Promise<void>>();
  private readonly urls: (string | null)[];
  private inQuarantine = false;

  constructor(
    readonly teamId: string,
    private readonly serviceIds: readonly string[],
    readonly results: TeamResults,
    /** What its answers cost the prober. */
    readonly meter: WorkMeter,
    private readonly open: (url: string, serviceId: string, isQuarantined: boolean) => ServiceClient,
    /** Looks up an endpoint's name before the endpoint counts. */
    private readonly names?: Pick<TeamNames, 'resolve'>,
  ) {
    this.targets = new Array<Target>(serviceIds.length).fill(null);
    this.changes = new Array<number>(serviceIds.length).fill(0);
    this.urls = new Array<string | null>(serviceIds.length).fill(null);
  }

  target(serviceIndex: number): Target {
    return this.targets[serviceIndex] ?? null;
  }

  /**
   * Sends requests intended from now on to `url`; those in progress may finish at the old endpoint. If the URL contains a name,
   * "now" is when its lookup has ended, with whatever result: until then requests go to the old endpoint.
   */
  setEndpoint(serviceIndex: number, url: string | null): void {
    const change = (this.changes[serviceIndex] = (this.changes[serviceIndex] ?? 0) + 1);
    const name = url === null ? null : nameIn(url);
    if (name === null || this.names === undefined) return this.switch(serviceIndex, url);
    const pending = this.names.resolve(name).then(() => {
      if (this.changes[serviceIndex] === change) this.switch(serviceIndex, url);
      this.pending.delete(pending);
    });
    this.pending.add(pending);
  }

  get isQuarantined(): boolean {
    return this.inQuarantine;
  }

  /** Moves the reading of this team's answers to the quarantine thread. Requests in progress may finish here. */
  quarantine(): void {
    if (this.inQuarantine) return;
    this.inQuarantine = true;
    this.urls.forEach((url, index) => {
      if (url !== null) this.switch(index, url);
    });
  }

  /** Resolves when no endpoint waits for a lookup. */
  async settled(): Promise<void> {
    while (this.pending.size > 0) await Promise.all(this.pending);
  }

  close(): void {
    // An endpoint whose lookup is in progress must not be opened afterwards.
    this.changes.fill(Infinity);
    for (const target of this.targets) if (target && 'service' in target) target.service.destroy();
  }

  private switch(serviceIndex: number, url: string | null): void {
    this.serviceAt(serviceIndex)?.retire();
    this.urls[serviceIndex] = url;
    this.targets[serviceIndex] = url === null ? null : this.openTarget(url, this.serviceIds[serviceIndex]!);
  }

  private serviceAt(serviceIndex: number): ServiceClient | null {
    const target = this.target(serviceIndex);
    return target && 'service' in target ? target.service : null;
  }

  private openTarget(url: string, serviceId: string): Target {
    try {
      return { service: this.open(url, serviceId, this.inQuarantine) };
    } catch (error) {
      return { problem: `the endpoint can't be called: ${messageOf(error)}` };
    }
  }
}

/** The name in an endpoint's URL; null for an address or an invalid URL. */
function nameIn(url: string): string | null {
  let hostname: string;
  try {
    ({ hostname } = new URL(url));
  } catch {
    return null;
  }
  return isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? hostname : null;
}
