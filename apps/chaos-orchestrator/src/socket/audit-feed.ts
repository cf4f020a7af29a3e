import type { Timers } from '#kernel';
import { readAudit, type AuditEntry } from '#persistence';
import type { DataSource } from 'typeorm';

/** How soon an entry of whatever service is told. */
const EVERY_MS = 500;
const PAGE = 200;

/** Follows the audit log while anybody listens: what control did is told as well as what happened here. */
export class AuditFeed {
  private lastSeq: number | null = null;
  private cancel: (() => void) | null = null;
  private isOpen = false;
  /** Grows with each start: a look that an earlier one began is not gone on with. */
  private round = 0;

  constructor(
    private readonly dataSource: DataSource,
    private readonly timers: Timers,
    private readonly onEntry: (entry: AuditEntry) => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** From now on, until `stop`. Repeatable. */
  start(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.lastSeq = null;
    void this.readNewEntries(++this.round);
  }

  stop(): void {
    this.isOpen = false;
    this.cancel?.();
    this.cancel = null;
  }

  private async readNewEntries(round: number): Promise<void> {
    const isCurrent = (): boolean => this.isOpen && this.round === round;
    try {
      const newest = await readAudit(this.dataSource, { limit: PAGE });
      if (!isCurrent()) return;
      // Who comes is told what happens from then on; what was before can be read over REST.
      const since = this.lastSeq ?? newest[0]?.seq ?? 0;
      for (const entry of newest.reverse()) if (entry.seq > since) this.onEntry(entry);
      this.lastSeq = Math.max(since, newest.at(-1)?.seq ?? 0);
    } catch (error) {
      this.onError(error);
    }
    if (isCurrent()) this.cancel = this.timers.after(EVERY_MS, () => void this.readNewEntries(round));
  }
}
