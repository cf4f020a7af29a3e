import type { Timers } from '#kernel';
import type { AuditEntry } from '#persistence';

/** Poll interval. */
const EVERY_MS = 500;
const PAGE = 200;

/** Follows the audit log while facilitators are connected, including the entries of other services. */
export class AuditFeed {
  private lastSeq: number | null = null;
  private cancel: (() => void) | null = null;
  private isOpen = false;
  /** Grows with each start, so that a poll of an earlier round does not continue. */
  private round = 0;

  constructor(
    private readonly readLatest: (limit: number) => Promise<AuditEntry[]>,
    private readonly timers: Timers,
    private readonly onEntry: (entry: AuditEntry) => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Starts following, until `stop`. May be repeated. */
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
      const newest = await this.readLatest(PAGE);
      if (!isCurrent()) return;
      // Only entries from now on; earlier ones are available over REST.
      const since = this.lastSeq ?? newest[0]?.seq ?? 0;
      for (const entry of newest.reverse()) if (entry.seq > since) this.onEntry(entry);
      this.lastSeq = Math.max(since, newest.at(-1)?.seq ?? 0);
    } catch (error) {
      this.onError(error);
    }
    if (isCurrent()) this.cancel = this.timers.after(EVERY_MS, () => void this.readNewEntries(round));
  }
}
