import { encodeCloudEvent, TOPICS, type TeamScore } from '#contracts';
import type { EventLog } from '#event-log';
import { PaydayError, partitionOf, type Clock } from '#kernel';
import type { ScorerStore } from '#persistence';
import type { Logger } from '#runtime';
import {
  createState,
  missingWindows,
  openWindows,
  restore,
  restoreWindow,
  snapshot,
  step,
  type CoreOptions,
  type RefusedBatch,
  type ScoringInput,
  type ScoringOutputs,
  type ScoringState,
  type WindowKey,
} from '#scoring';
import { toDeadLetter } from './dead-letters.js';
import type { ScorerMetrics } from './scorer-metrics.js';

/** An input with its source position, so that a restart resumes after it. */
export interface PositionedInput {
  /** Name of the source position, e.g. `probe-results` or `game-events/0`. */
  source: string;
  position: string;
  /** When the log took the record, by its own clock; epoch ms. */
  appendedAt?: number;
  /** Absent for unreadable records, which only advance the position. */
  input?: ScoringInput;
}

export interface PartitionScorerOptions {
  partition: number;
  partitions: number;
  store: ScorerStore;
  log: EventLog;
  clock: Clock;
  logger: Logger;
  metrics: ScorerMetrics;
  leaseMs: number;
  /** Injected so that tests need not wait. */
  delay(ms: number): Promise<void>;
}

/** Key among a checkpoint's positions: when the log took the latest result of the game, epoch ms. Removed once it is sealed. */
export const aliveAtKey = (gameId: string): string => `aliveAt:${gameId}`;

/** Maximum number of inputs per commit. */
const MAX_INPUTS_PER_COMMIT = 20_000;
const RETRY_MS = 250;

/**
 * Scores one partition: applies inputs to the pure core, commits state, ledger and source positions in one transaction,
 * and publishes only what is committed. One commit runs at a time.
 */
export class PartitionScorer {
  private state: ScoringState;
  private positions: Record<string, string> = {};
  private committedPositions: Record<string, string> = {};
  private fencingEpoch = 0;
  private commitSeq = 0;
  /** Games whose sealing is committed. */
  private readonly sealed = new Set<string>();

  constructor(private readonly options: PartitionScorerOptions) {
    this.state = createState(this.coreOptions());
  }

  /** Takes over the partition and restores its last commit. @returns the source positions after which to resume reading */
  async claim(): Promise<Record<string, string>> {
    const { store, partition, logger } = this.options;
    const claim = await this.retry('claim', () => store.claim(partition));
    this.fencingEpoch = claim.fencingEpoch;
    this.commitSeq = claim.commitSeq;
    this.positions = claim.positions;
    this.committedPositions = { ...claim.positions };
    this.state = claim.state ? restore(claim.state, this.coreOptions()) : createState(this.coreOptions());
    await this.restoreWindows(openWindows(this.state));
    this.noteSealed();
    // The last commit before a crash may not have been published: salaries are absolute, so publish them again.
    for (const [gameId, game] of this.state.games) {
      const all = await this.retry('load scores', () => store.loadScores(gameId));
      // Scorers of other partitions may have published newer scores of their teams by now.
      const scores = all.filter(({ teamId }) => game.teams.has(teamId));
      // Each commit is published before the next, so only the very last one of a sealed game can be missing.
      const isMissing = ({ commitSeq }: TeamScore): boolean => commitSeq === this.commitSeq;
      await this.publish(game.schedule.sealed ? scores.filter(isMissing) : scores);
    }
    logger.info({ partition, epoch: this.fencingEpoch, commitSeq: this.commitSeq }, 'scoring this partition');
    return { ...this.positions };
  }

  /**
   * Applies the inputs, commits and publishes. An empty list only advances time.
   * @throws PaydayError `fenced`: another scorer has taken the partition over; this one must stop.
   */
  async process(batch: readonly PositionedInput[]): Promise<void> {
    for (let from = 0; from === 0 || from < batch.length; from += MAX_INPUTS_PER_COMMIT) {
      await this.processChunk(batch.slice(from, from + MAX_INPUTS_PER_COMMIT));
    }
  }

  /** The committed position of a source; null if none. */
  committed(source: string): string | null {
    return this.committedPositions[source] ?? null;
  }

  /** Whether the game's ledger is final in this partition. */
  hasSealed(gameId: string): boolean {
    return this.sealed.has(gameId);
  }

  private noteSealed(): void {
    for (const [gameId, game] of this.state.games) if (game.schedule.sealed) this.sealed.add(gameId);
  }

  private async processChunk(batch: readonly PositionedInput[]): Promise<void> {
    const inputs: ScoringInput[] = [{ kind: 'tick', nowMs: this.options.clock.nowMs() }];
    for (const { input } of batch) if (input) inputs.push(input);
    await this.restoreWindows(missingWindows(this.state, inputs));
    const startedMs = this.options.clock.monotonicMs();
    const outputs = step(this.state, inputs);
    this.notePositions(batch);
    if (batch.length === 0 && outputs.scores.length === 0 && outputs.ledger.length === 0) return;
    await this.commit(outputs);
    const warning = this.options.metrics.committed(
      outputs.counters,
      (this.options.clock.monotonicMs() - startedMs) * 1000,
    );
    if (warning !== null)
      this.options.logger.warn(
        warning,
        `${warning.percent} % of the results of the last minute were not scored because of trouble on the prober's side (see docs/scoring.md)`,
      );
  }

  /**
   * Records where a restart resumes; up to which result a game's ledger was open (`sealed:<game>`), for recomputing it; and
   * until then when the log took the latest of its results (`aliveAt:<game>`, epoch ms), for making up for an outage.
   */
  private notePositions(batch: readonly PositionedInput[]): void {
    for (const { source, position, appendedAt, input } of batch) {
      this.positions[source] = position;
      if (input?.kind === 'batch' && appendedAt !== undefined && input.batch.outcome.length > 0) {
        const { gameId } = input.batch;
        const known = Number(this.positions[aliveAtKey(gameId)] ?? 0);
        if (appendedAt > known && !(`sealed:${gameId}` in this.positions))
          this.positions[aliveAtKey(gameId)] = String(appendedAt);
      }
      if (input?.kind === 'event' && input.event.type === 'dev.payday.game.sealed') {
        this.positions[`sealed:${input.event.subject}`] ??= this.positions['probe-results'] ?? '';
        delete this.positions[aliveAtKey(input.event.subject)];
      }
    }
  }

  private async commit(outputs: ScoringOutputs): Promise<void> {
    const { store, partition } = this.options;
    const commitSeq = this.commitSeq + 1;
    const scores: TeamScore[] = outputs.scores.map((score) => ({ ...score, commitSeq }));
    const state = snapshot(this.state);
    // Before the commit: after a crash between the two, a refusal is published twice rather than never.
    await this.deadLetter(outputs.refused);
    await this.retry('commit', () =>
      store.commit({
        partition,
        fencingEpoch: this.fencingEpoch,
        commitSeq,
        positions: this.positions,
        state,
        ledger: outputs.ledger,
        deleted: outputs.removed,
        scores,
        windows: outputs.windows.map(({ key, windowIndex, bytes }) => ({ key, windowIndex, state: bytes })),
      }),
    );
    this.commitSeq = commitSeq;
    this.committedPositions = { ...this.positions };
    await this.publish(scores);
    this.noteSealed();
  }

  private async publish(scores: readonly TeamScore[]): Promise<void> {
    if (scores.length === 0) return;
    const time = this.options.clock.nowMs();
    const records = scores.map((score) =>
      encodeCloudEvent({
        id: `${this.options.partition}-${score.commitSeq}-${score.teamId}`,
        type: 'dev.payday.team.scored',
        source: '/scorer',
        subject: `${score.gameId}/${score.teamId}`,
        time,
        sequence: score.commitSeq,
        data: score,
      }),
    );
    await this.retry('publish', () => this.options.log.append(TOPICS.scoreUpdates, records));
  }

  private async deadLetter(refused: readonly RefusedBatch[]): Promise<void> {
    if (refused.length === 0) return;
    const records = refused.map(toDeadLetter);
    this.options.metrics.refused(refused);
    await this.retry('dead letters', () => this.options.log.append(TOPICS.deadLetters, records));
  }

  private async restoreWindows(windows: readonly WindowKey[]): Promise<void> {
    if (windows.length === 0) return;
    const { store, partition } = this.options;
    const stored = await this.retry('load windows', () => store.loadWindows(partition, windows));
    const bytes = new Map(stored.map((window) => [`${window.key} ${window.windowIndex}`, window.state]));
    for (const window of windows) {
      restoreWindow(this.state, window, bytes.get(`${window.key} ${window.windowIndex}`) ?? null);
    }
  }

  /** Retries transient failures (the database restarts, the log is busy): they cost time but drop nothing. */
  private async retry<T>(what: string, action: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await action();
      } catch (error) {
        if (!(error instanceof PaydayError && error.retryable)) throw error;
        this.options.logger.warn({ err: error, what }, 'the scorer waits and tries again');
        await this.options.delay(RETRY_MS);
      }
    }
  }

  private coreOptions(): CoreOptions {
    const { partition, partitions, leaseMs } = this.options;
    return { leaseMs, owns: (key) => partitionOf(key, partitions) === partition };
  }
}
