import type { ServiceRequests } from '#contracts';
import type { ByteReader, ByteWriter } from './bytes.js';

/** Requests of a team's customers in all windows that count, by service: sums over its ledger. */
export class RequestTally {
  private readonly requests: number[];
  private readonly unscored: number[];

  constructor(private readonly serviceIds: readonly string[]) {
    this.requests = serviceIds.map(() => 0);
    this.unscored = serviceIds.map(() => 0);
  }

  /** Adds the differences between a window's current and previous counts. */
  add(service: number, requests: number, unscored: number): void {
    this.requests[service]! += requests;
    this.unscored[service]! += unscored;
  }

  view(): ServiceRequests[] {
    return this.serviceIds.map((id, service) => ({
      id,
      requests: this.requests[service]!,
      unscored: this.unscored[service]!,
    }));
  }

  write(out: ByteWriter): void {
    for (let i = 0; i < this.serviceIds.length; i++) out.uint(this.requests[i]!).uint(this.unscored[i]!);
  }

  static read(serviceIds: readonly string[], from: ByteReader): RequestTally {
    const out = new RequestTally(serviceIds);
    for (let i = 0; i < serviceIds.length; i++) out.add(i, from.uint(), from.uint());
    return out;
  }
}
