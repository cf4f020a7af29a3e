import { Inject, Injectable } from '@nestjs/common';
import { Counter, Gauge, type Registry } from 'prom-client';
import {
  PROBE_BATCH_LIMITS,
  TOPICS,
  decodeProbeBatches,
  encodeProbeBatch,
  probeBatchFromJson,
  teamKey,
  type IngestReceipt,
  type ProbeBatch,
} from '#contracts';
import { MAX_KEY_BYTES, MAX_RECORD_BYTES, type EventLog } from '#event-log';
import { PaydayError, type Clock } from '#kernel';
import { CLOCK, EVENT_LOG, METRICS } from '#runtime';
import { AcceptedBatches } from './accepted-batches.js';
import { GameDirectory } from './game-directory.js';

interface ReceivedBatch {
  batch: ProbeBatch;
  bytes: Uint8Array;
}

/** Requests waiting for the log hold memory: beyond this many bytes new ones are refused as retryable. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** Each batch is one log record, keyed by its team. */
const MAX_BATCH_BYTES = MAX_RECORD_BYTES - MAX_KEY_BYTES;

/** The only entry point for results: validates, appends durably, then acknowledges. A request is accepted as a whole or not at all. */
@Injectable()
export class IngestService {
  private waitingBytes = 0;
  private readonly results: Counter;
  private readonly refusals: Counter<'code'>;

  constructor(
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(GameDirectory) private readonly games: GameDirectory,
    @Inject(AcceptedBatches) private readonly accepted: AcceptedBatches,
    @Inject(METRICS) metrics: Registry,
  ) {
    const registers = [metrics];
    this.results = new Counter({
      name: 'payday_ingest_results_total',
      help: 'Results appended to the log',
      registers,
    });
    this.refusals = new Counter({
      name: 'payday_ingest_refused_total',
      help: 'Requests refused, by problem code',
      labelNames: ['code'],
      registers,
    });
    const waiting = (): number => this.waitingBytes;
    new Gauge({
      name: 'payday_ingest_waiting_bytes',
      help: 'Bytes of requests that wait for the log',
      registers,
      collect() {
        this.set(waiting());
      },
    });
  }

  /**
   * @param body `ProbeBatches` in protobuf
   * @param onlyGameId the game that the sender's token is limited to, if any
   * @throws PaydayError with a problem code
   */
  async acceptProtobuf(body: Uint8Array, onlyGameId?: string): Promise<IngestReceipt> {
    return this.accept(onlyGameId, () => decodeProbeBatches(body));
  }

  /** The same for JSON: one batch, or `{batches: […]}`. */
  async acceptJson(body: unknown, onlyGameId?: string): Promise<IngestReceipt> {
    return this.accept(onlyGameId, () => {
      const list = isBatchList(body) ? body.batches : [body];
      if (list.length > PROBE_BATCH_LIMITS.maxBatchesPerRequest) {
        throw new PaydayError(
          'invalid_batch',
          `At most ${PROBE_BATCH_LIMITS.maxBatchesPerRequest} batches per request.`,
        );
      }
      return list.map((entry) => {
        const batch = probeBatchFromJson(entry);
        return { batch, bytes: encodeProbeBatch(batch) };
      });
    });
  }

  private async accept(
    onlyGameId: string | undefined,
    decode: () => ReceivedBatch[],
  ): Promise<IngestReceipt> {
    try {
      const received = decode();
      if (received.some(({ batch }) => onlyGameId !== undefined && batch.gameId !== onlyGameId))
        throw new PaydayError('forbidden', `The token is for the game "${onlyGameId}" only.`);
      return await this.append(received);
    } catch (error) {
      this.refusals.inc({ code: error instanceof PaydayError ? error.code : 'internal_error' });
      throw error;
    }
  }

  private async append(received: ReceivedBatch[]): Promise<IngestReceipt> {
    if (received.length === 0) throw new PaydayError('invalid_batch', 'The request holds no batch.');
    const latest = this.clock.nowMs() + PROBE_BATCH_LIMITS.maxFutureMs;
    for (const { batch, bytes } of received) {
      this.games.assertKnown(batch);
      assertNotAhead(batch, latest);
      if (bytes.length > MAX_BATCH_BYTES)
        throw new PaydayError(
          'invalid_batch',
          `A batch of ${bytes.length} bytes is too large: at most ${MAX_BATCH_BYTES}.`,
        );
    }
    const fresh = received.filter(({ batch }) => !this.accepted.has(batch));
    if (fresh.length === 0) {
      const { proberId, epoch, seq } = received[0]!.batch;
      throw new PaydayError(
        'duplicate_batch',
        `Batch (${proberId}, ${epoch}, ${seq})${received.length > 1 ? ' and all others of this request were' : ' was'} accepted before; it counts once.`,
      );
    }
    await this.appendFresh(fresh);
    let acceptedResults = 0;
    for (const { batch } of fresh) {
      this.accepted.add(batch);
      acceptedResults += batch.offsetMs.length;
    }
    this.results.inc(acceptedResults);
    return {
      acceptedBatches: fresh.length,
      acceptedResults,
      duplicateBatches: received.length - fresh.length,
    };
  }

  private async appendFresh(fresh: ReceivedBatch[]): Promise<void> {
    const bytes = fresh.reduce((sum, { bytes: { length } }) => sum + length, 0);
    if (this.waitingBytes + bytes > MAX_WAITING_BYTES) {
      throw new PaydayError('unavailable', 'The log is behind; send the same request again in a second.', {
        retryable: true,
      });
    }
    this.waitingBytes += bytes;
    try {
      await this.log.append(
        TOPICS.probeResults,
        fresh.map(({ batch, bytes: value }) => ({ key: teamKey(batch.gameId, batch.teamId), value })),
      );
    } finally {
      this.waitingBytes -= bytes;
    }
  }
}

function isBatchList(body: unknown): body is { batches: unknown[] } {
  return typeof body === 'object' && body !== null && Array.isArray((body as { batches?: unknown }).batches);
}

function assertNotAhead(batch: ProbeBatch, latest: number): void {
  // A watermark is never withdrawn: this one would close every window of the game.
  if (batch.watermarkMs > latest) throw ahead(batch, `has the watermark ${batch.watermarkMs}`);
  for (let i = 0; i < batch.offsetMs.length; i++) {
    const at = batch.baseIntendedAtMs + batch.offsetMs[i]!;
    if (at > latest) throw ahead(batch, `holds result ${i}, intended for ${at}`);
  }
}

function ahead({ proberId, epoch, seq }: ProbeBatch, what: string): PaydayError {
  return new PaydayError(
    'invalid_batch',
    `Batch (${proberId}, ${epoch}, ${seq}) ${what}, more than ${PROBE_BATCH_LIMITS.maxFutureMs / 60_000} minutes ahead of this server's clock: check the prober's clock.`,
  );
}
