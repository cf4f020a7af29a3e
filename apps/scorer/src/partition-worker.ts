import { TOPICS, decodeCloudEvent, decodeProbeBatch, type GameEvent, type GameEventType } from '#contracts';
import {
  comparePositions,
  type Consumer,
  type EventLog,
  type EventRecord,
  type Position,
  type StoredRecord,
} from '#event-log';
import { messageOf } from '#kernel';
import type { Logger } from '#runtime';
import { unreadableToDeadLetter } from './dead-letters.js';
import type { PartitionScorer, PositionedInput } from './partition-scorer.js';

/** How long inputs gather before a commit: long enough to share a transaction, too short to be visible on a screen. */
const GATHER_MS = 25;
/** How often time advances without inputs, so that leases end. */
const IDLE_MS = 250;
/** Reading pauses beyond this many waiting inputs: a slow database slows reading down but loses nothing. */
const MAX_WAITING = 50_000;

export interface PartitionWorkerOptions {
  partition: number;
  scorer: PartitionScorer;
  log: EventLog;
  logger: Logger;
  delay(ms: number): Promise<void>;
  close(): Promise<void>;
  /** Called when the worker cannot continue: another scorer has taken over the partition, or something is broken. A new worker resumes from the last commit. */
  onFailed?(): void;
  /** Default `MAX_WAITING`. */
  maxWaiting?: number;
}

/** Feeds one partition's scorer from its two topics and repeatedly commits what has gathered, until stopped. */
export class PartitionWorker {
  private waiting: PositionedInput[] = [];
  private events: Consumer | undefined;
  private stopped = false;
  private stopping: Promise<void> | undefined;
  private failure: unknown;
  private loop: Promise<void> = Promise.resolve();
  private wake: () => void = () => {};
  private roomMade: (() => void)[] = [];
  /** The position up to which results were taken. */
  private resultsUpTo: Position | null = null;
  private resultsTaken: (() => void)[] = [];
  /** The ends of the partitions of `game-events` at the start, until they are reached. */
  private readonly unreadEvents = new Map<number, Position>();
  private eventsTaken: (() => void)[] = [];

  constructor(private readonly options: PartitionWorkerOptions) {}

  /**
   * Resolves when it has read the game events that were in the log: there is no room to park all results of an unknown
   * game. A `sealed` event among them waits for results, so `start` does not wait for the events behind it.
   * @returns the position in the partition of `probe-results` after which to resume; null: from the beginning
   */
  async start(): Promise<Position | null> {
    const { scorer, log, logger } = this.options;
    const positions = await scorer.claim();
    this.resultsUpTo = positions[RESULTS] ?? null;
    (await log.endPositions(TOPICS.gameEvents)).forEach((end, partition) => {
      const upTo = positions[eventSource(partition)];
      if (end !== null && (upTo === undefined || comparePositions(upTo, end) < 0))
        this.unreadEvents.set(partition, end);
    });
    this.events = log.consume({
      topic: TOPICS.gameEvents,
      startAt: (partition) => positions[eventSource(partition)] ?? 'earliest',
      onBatch: async ({ partition, records }) => {
        await this.takeEvents(records, eventSource(partition));
        const end = this.unreadEvents.get(partition);
        if (end === undefined || comparePositions(records.at(-1)!.position, end) < 0) return;
        this.unreadEvents.delete(partition);
        release(this.eventsTaken);
      },
      onError: (err) => logger.warn({ err }, 'game events are redelivered to the scorer'),
    });
    await this.events.ready;
    this.loop = this.run();
    while (this.unreadEvents.size > 0 && !this.stopped)
      await new Promise<void>((resolve) => this.eventsTaken.push(resolve));
    return positions[RESULTS] ?? null;
  }

  async takeResults(records: readonly StoredRecord[]): Promise<void> {
    await this.takeRecords(records, RESULTS, ({ value }) => ({
      kind: 'batch',
      batch: decodeProbeBatch(value),
    }));
    this.resultsUpTo = records.at(-1)!.position;
    release(this.resultsTaken);
  }

  hasSealed(gameId: string): boolean {
    return this.options.scorer.hasSealed(gameId);
  }

  /** Whether every result up to a position in the log is scored and committed. */
  hasScored(end: Position): boolean {
    const upTo = this.options.scorer.committed(RESULTS);
    return upTo !== null && comparePositions(upTo, end) >= 0;
  }

  get hasFailed(): boolean {
    return this.failure !== undefined;
  }

  /** @throws the error that stopped the worker */
  assertWorking(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  /** Commits what it has, then stops. */
  stop(): Promise<void> {
    this.stopping ??= this.shutDown();
    return this.stopping;
  }

  private async shutDown(): Promise<void> {
    this.stopped = true;
    this.wake();
    release(this.resultsTaken);
    release(this.eventsTaken);
    await this.events?.close();
    await this.loop;
    release(this.roomMade);
    await this.options.close();
  }

  /** Sealing refuses later results, so everything acknowledged before it is scored first, however far behind the scorer is. */
  private async takeEvents(records: readonly StoredRecord[], source: string): Promise<void> {
    const decode = (record: StoredRecord): PositionedInput['input'] => ({
      kind: 'event',
      event: decodeCloudEvent(record) as GameEvent,
    });
    let from = 0;
    for (let i = 0; i < records.length; i++) {
      if (records[i]!.headers['ce_type'] !== SEALED) continue;
      await this.takeRecords(records.slice(from, i), source, decode);
      await this.takeResultsInTheLog();
      from = i;
    }
    await this.takeRecords(records.slice(from), source, decode);
  }

  private async takeResultsInTheLog(): Promise<void> {
    const ends = await this.options.log.endPositions(TOPICS.probeResults);
    const end = ends[this.options.partition] ?? null;
    while (!this.stopped && end !== null) {
      if (this.resultsUpTo !== null && comparePositions(this.resultsUpTo, end) >= 0) return;
      this.unreadEvents.clear();
      release(this.eventsTaken);
      await new Promise<void>((resolve) => this.resultsTaken.push(resolve));
    }
  }

  private async takeRecords(
    records: readonly StoredRecord[],
    source: string,
    decode: (record: StoredRecord) => PositionedInput['input'],
  ): Promise<void> {
    const { maxWaiting = MAX_WAITING } = this.options;
    while (this.waiting.length > maxWaiting && !this.stopped) {
      await new Promise<void>((resolve) => this.roomMade.push(resolve));
    }
    // The next owner resumes from the last commit, so nothing that is dropped here is lost.
    if (this.stopped) return;
    const poison: EventRecord[] = [];
    for (const record of records) {
      const { position } = record;
      try {
        this.waiting.push({ source, position, appendedAt: record.appendedAt, input: decode(record) });
      } catch (error) {
        this.waiting.push({ source, position });
        poison.push(unreadableToDeadLetter(record, source, messageOf(error)));
      }
    }
    if (poison.length > 0) await this.options.log.append(TOPICS.deadLetters, poison);
    this.wake();
  }

  private async run(): Promise<void> {
    try {
      while (!this.stopped) {
        if (this.waiting.length === 0) await this.idle();
        await this.options.delay(GATHER_MS);
        await this.processWaiting();
      }
      await this.processWaiting();
    } catch (error) {
      this.failure = error;
      this.stopped = true;
      release(this.roomMade);
      release(this.resultsTaken);
      release(this.eventsTaken);
      this.options.logger.error(
        { err: error, partition: this.options.partition },
        'the scorer of this partition has stopped',
      );
      this.options.onFailed?.();
    }
  }

  private async processWaiting(): Promise<void> {
    const batch = this.waiting;
    this.waiting = [];
    release(this.roomMade);
    await this.options.scorer.process(batch);
  }

  private async idle(): Promise<void> {
    const woken = new Promise<void>((resolve) => (this.wake = resolve));
    await Promise.race([woken, this.options.delay(IDLE_MS)]);
  }
}

function release(waiting: (() => void)[]): void {
  for (const resolve of waiting.splice(0)) resolve();
}

/** Name of the stored position in the partition of `probe-results`. */
const RESULTS = 'probe-results';
const SEALED: GameEventType = 'dev.payday.game.sealed';

function eventSource(partition: number): string {
  return `game-events/${partition}`;
}
