import type { GameEvent, TeamScore } from '#contracts';
import {
  createState,
  missingWindows,
  openWindows,
  restore,
  restoreWindow,
  snapshot,
  step,
  type CoreOptions,
  type LedgerKey,
  type LedgerRow,
  type RefusedBatch,
  type ScoringInput,
  type ScoringState,
} from '#scoring';

/**
 * Plays games through the scoring core synchronously, with an in-memory ledger and window store in place of PostgreSQL.
 * `restart()` discards the core and continues from the committed state.
 */
export class ScoreDriver {
  readonly ledger = new Map<string, LedgerRow>();
  readonly scores = new Map<string, Omit<TeamScore, 'commitSeq'>>();
  readonly refused: RefusedBatch[] = [];
  duplicates = 0;
  late = 0;
  private readonly windows = new Map<string, Uint8Array>();
  private state: ScoringState;
  private committed: Uint8Array;

  constructor(private readonly options: CoreOptions = { leaseMs: 15_000, owns: () => true }) {
    this.state = createState(options);
    this.committed = snapshot(this.state);
  }

  feed(...inputs: ScoringInput[]): void {
    this.load(missingWindows(this.state, inputs));
    const outputs = step(this.state, inputs);
    for (const key of outputs.removed) this.ledger.delete(ledgerKey(key));
    for (const row of outputs.ledger) this.ledger.set(ledgerKey(row), row);
    for (const score of outputs.scores) this.scores.set(score.teamId, score);
    for (const { key, windowIndex, bytes } of outputs.windows)
      this.windows.set(`${key} ${windowIndex}`, bytes);
    this.refused.push(...outputs.refused);
    this.duplicates += outputs.counters.duplicateBatches;
    this.late += outputs.counters.late;
    this.committed = snapshot(this.state);
  }

  event(event: GameEvent): void {
    this.feed({ kind: 'event', event });
  }

  restart(): void {
    this.state = restore(this.committed, this.options);
    this.load(openWindows(this.state));
  }

  /** Count and cents by `team|window|service|reason|counterpartyId`, as the oracle names them. */
  entries(): Map<string, { count: number; cents: number }> {
    return new Map([...this.ledger].map(([key, { count, cents }]) => [key, { count, cents }]));
  }

  salary(teamId: string): number {
    return this.scores.get(teamId)?.salaryCents ?? 0;
  }

  private load(keys: { key: string; windowIndex: number }[]): void {
    for (const key of keys) {
      restoreWindow(this.state, key, this.windows.get(`${key.key} ${key.windowIndex}`) ?? null);
    }
  }
}

export function ledgerKey(key: LedgerKey): string {
  return [key.teamId, key.windowIndex, key.serviceId, key.reason, key.counterpartyId].join('|');
}
