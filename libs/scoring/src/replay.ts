import { teamKey, type GameEvent, type PayRules, type ProbeBatch } from '#contracts';
import { createState, missingWindows, restoreWindow, step } from './core.js';
import { DedupWindow } from './dedup-window.js';
import type { ScoringState } from './state.js';
import type { LedgerKey, LedgerRow, ScoringInput, ScoringOutputs } from './types.js';

export interface ReplayOptions {
  /** Other teams are ignored. */
  owns(key: string): boolean;
  /**
   * Event time (epoch ms) up to which the team's results were complete by watermark when the ledger was committed: until a
   * game is sealed it decides which windows are closed. Which prober sent which watermark, and when, does not matter.
   */
  completeUpTo(teamId: string): number;
  /** Replaces the game's own pay rules. */
  pay?: PayRules;
  /** Called for each new or changed row; the last call for a key wins. */
  onRow?(row: LedgerRow): void;
  onRemoved?(key: LedgerKey): void;
}

export interface ReplayCounters {
  batches: number;
  duplicateBatches: number;
  results: number;
  unscored: number;
  outsideGame: number;
  refusedBatches: number;
}

/**
 * Recomputes one game's ledger from its records with the scorer's own core (docs/scoring.md). Pass all its events in log
 * order, then its batches in any order, then call `finish`.
 */
export class LedgerReplay {
  readonly counters: ReplayCounters = {
    batches: 0,
    duplicateBatches: 0,
    results: 0,
    unscored: 0,
    outsideGame: 0,
    refusedBatches: 0,
  };
  /** By team id. Final after `finish`. */
  readonly salaries = new Map<string, number>();
  private readonly state: ScoringState;
  private readonly stored = new Map<string, Uint8Array>();
  /** Deferred to the end: batches come in any order, and all of them count. */
  private sealing: GameEvent | null = null;

  constructor(private readonly options: ReplayOptions) {
    // Without ticks no time passes, so no lease expires.
    this.state = createState({ leaseMs: 0, owns: (key) => options.owns(key) });
  }

  events(events: readonly GameEvent[]): void {
    const inputs: ScoringInput[] = [];
    for (const event of events) {
      if (event.type === 'dev.payday.game.sealed') this.sealing ??= event;
      // The game was already sealed at this point, although the replay seals it later.
      else if (this.sealing !== null && event.type === 'dev.payday.windows.excused') continue;
      else inputs.push({ kind: 'event', event: this.byOurRules(event) });
    }
    this.feed(inputs);
  }

  batches(batches: readonly ProbeBatch[]): void {
    this.feed(
      batches.map((batch) => ({
        kind: 'batch',
        batch: { ...batch, watermarkMs: this.options.completeUpTo(batch.teamId) },
      })),
    );
  }

  finish(): void {
    if (this.sealing) this.feed([{ kind: 'event', event: this.sealing }]);
    this.sealing = null;
  }

  private byOurRules(event: GameEvent): GameEvent {
    const { pay } = this.options;
    if (!pay || event.type !== 'dev.payday.game.created') return event;
    return { ...event, data: { ...event.data, scenario: { ...event.data.scenario, pay } } };
  }

  private feed(inputs: readonly ScoringInput[]): void {
    for (const window of missingWindows(this.state, inputs)) {
      restoreWindow(this.state, window, this.stored.get(`${window.key} ${window.windowIndex}`) ?? null);
    }
    this.applyOutputs(step(this.state, inputs));
  }

  private applyOutputs(outputs: ScoringOutputs): void {
    for (const { key, windowIndex, bytes } of outputs.windows)
      this.stored.set(`${key} ${windowIndex}`, bytes);
    for (const key of outputs.removed) this.options.onRemoved?.(key);
    for (const row of outputs.ledger) this.options.onRow?.(row);
    for (const { teamId, salaryCents } of outputs.scores) this.salaries.set(teamId, salaryCents);
    const { batches, duplicateBatches, results, unscored, outsideGame } = outputs.counters;
    this.counters.batches += batches;
    this.counters.duplicateBatches += duplicateBatches;
    this.counters.results += results;
    this.counters.unscored += unscored;
    this.counters.outsideGame += outsideGame;
    this.counters.refusedBatches += outputs.refused.length;
  }
}

/** Tells whether the scorer accepts a batch of one game: the first with its number, of a known team and service. */
export class AcceptedBatches {
  private readonly seen = new Map<string, DedupWindow>();
  private readonly teamKeys: ReadonlySet<string>;
  private readonly serviceIds: ReadonlySet<string>;

  constructor(gameId: string, teamIds: Iterable<string>, serviceIds: Iterable<string>) {
    this.teamKeys = new Set(Array.from(teamIds, (teamId) => teamKey(gameId, teamId)));
    this.serviceIds = new Set(serviceIds);
  }

  accept(batch: ProbeBatch): boolean {
    if (!this.teamKeys.has(teamKey(batch.gameId, batch.teamId)) || !this.serviceIds.has(batch.serviceId))
      return false;
    const key = `${batch.teamId} ${batch.epoch} ${batch.proberId}`;
    let seen = this.seen.get(key);
    if (!seen) this.seen.set(key, (seen = new DedupWindow()));
    return seen.add(batch.seq);
  }
}
