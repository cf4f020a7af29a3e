import type { Dispatcher } from 'undici';
import { PROBE_BATCH_LIMITS, encodeProbeBatch, joinProbeBatches, type ProbeBatch } from '#contracts';
import { messageOf } from '#kernel';
import type { ProberMetrics } from './metrics.js';
import { IngestConnection } from './ingest-connection.js';

/** Supplies batches, and learns when they are settled. */
export interface BatchSource {
  drain(): Iterable<ProbeBatch>;
  settled(results: number): void;
}

export interface ReporterOptions {
  /** Origin of ingest, e.g. `http://127.0.0.1:3000`. */
  ingestUrl: string;
  token: string;
  /** Pause between two successful requests. */
  flushMs: number;
  /** First pause after a failure; it doubles up to `maxBackoffMs`. */
  minBackoffMs: number;
  maxBackoffMs: number;
  /** How long a refusal for an unknown team or game is retried: ingest may not have received its event yet. */
  unknownForMs: number;
  /** Timeout for an answer from ingest. */
  requestTimeoutMs: number;
}

export const REPORTER_DEFAULTS: Omit<ReporterOptions, 'ingestUrl' | 'token'> = {
  flushMs: 50,
  minBackoffMs: 50,
  maxBackoffMs: 2_000,
  unknownForMs: 10_000,
  requestTimeoutMs: 10_000,
};

export interface ReporterParts {
  metrics: ProberMetrics;
  log: { warn(fields: object, message: string): void; error(fields: object, message: string): void };
  /** Resolves after `ms`, or as soon as the signal aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Resolves when the event loop has delivered what there is. */
  nextTurn: () => Promise<void>;
  monotonicUs: () => number;
  dispatcher?: Dispatcher;
}

interface Encoded {
  bytes: Uint8Array;
  results: number;
}

/** Leaves room for the framing of each batch. */
const MAX_BODY_BYTES = PROBE_BATCH_LIMITS.maxBodyBytes - 64 * 1024;
/** A batch takes some 10 microseconds. */
const BATCHES_PER_TURN = 16;
const UNKNOWN_CODES = ['unknown_game', 'unknown_team', 'unknown_service'];

/**
 * Streams batches to ingest: one request at a time with everything that waits, so that the order per team is kept,
 * repeated until ingest accepts it. A lost acknowledgement is harmless: the retry has the same bytes and the same seqs.
 */
export class Reporter {
  private outbox: Encoded[] = [];
  private readonly stopping = new AbortController();
  private readonly abandoning = new AbortController();
  private readonly ingest: IngestConnection;
  private running: Promise<void> | null = null;

  constructor(
    private readonly source: BatchSource,
    private readonly options: ReporterOptions,
    private readonly parts: ReporterParts,
  ) {
    this.ingest = new IngestConnection(options.ingestUrl, options.requestTimeoutMs, parts.dispatcher);
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Sends waiting results for at most `withinMs`, then stops. */
  async stop(withinMs: number): Promise<void> {
    this.stopping.abort();
    const done = new AbortController();
    void this.parts.sleep(withinMs, done.signal).then(() => {
      this.abandoning.abort();
      this.ingest.close();
    });
    await this.running;
    done.abort();
  }

  private async run(): Promise<void> {
    for (;;) {
      // Checked before draining, so that the last results are drained once more.
      const last = this.stopping.signal.aborted;
      await this.fillOutbox();
      while (this.outbox.length > 0 && !this.abandoning.signal.aborted)
        await this.deliver(this.takeRequest());
      if (last || this.abandoning.signal.aborted) return;
      await this.parts.sleep(this.options.flushMs, this.stopping.signal);
    }
  }

  /** In short steps: while it works, no answer can be dated. */
  private async fillOutbox(): Promise<void> {
    this.outbox = [];
    let batches = 0;
    for (const batch of this.source.drain()) {
      this.encode(batch);
      if (++batches % BATCHES_PER_TURN === 0) await this.parts.nextTurn();
    }
  }

  private encode(batch: ProbeBatch): void {
    const results = batch.outcome.length;
    try {
      this.outbox.push({ bytes: encodeProbeBatch(batch), results });
    } catch (error) {
      this.drop([{ bytes: new Uint8Array(), results }], `the batch can't be encoded: ${messageOf(error)}`);
    }
  }

  /** The first batches that fit into one request. */
  private takeRequest(): Encoded[] {
    let bytes = 0;
    let count = 0;
    for (const batch of this.outbox) {
      bytes += batch.bytes.length + 8;
      if (count > 0 && (bytes > MAX_BODY_BYTES || count === PROBE_BATCH_LIMITS.maxBatchesPerRequest)) break;
      count++;
    }
    return this.outbox.splice(0, count);
  }

  private async deliver(batches: Encoded[]): Promise<void> {
    const body = joinProbeBatches(batches.map(({ bytes }) => bytes));
    const { metrics, log, sleep, monotonicUs } = this.parts;
    const { minBackoffMs, maxBackoffMs, unknownForMs } = this.options;
    const startedUs = monotonicUs();
    for (let backoffMs = minBackoffMs; ; backoffMs = Math.min(backoffMs * 2, maxBackoffMs)) {
      const { status, detail, code } = await this.post(body);
      if ((status >= 200 && status < 300) || code === 'duplicate_batch') {
        metrics.reports.inc({ result: status < 300 ? 'accepted' : 'duplicate' });
        this.source.settled(sum(batches));
        return;
      }
      const maybeNews = UNKNOWN_CODES.includes(code) && monotonicUs() - startedUs < unknownForMs * 1000;
      const final = status >= 400 && status < 500 && ![408, 425, 429].includes(status) && !maybeNews;
      if (final) return this.drop(batches, `ingest refuses them: ${status} ${code} ${detail}`);
      metrics.reports.inc({ result: 'retried' });
      if (this.abandoning.signal.aborted) return;
      log.warn({ status, code, detail, backoffMs }, 'ingest did not take the results; they are sent again');
      await sleep(backoffMs, this.abandoning.signal);
      if (this.abandoning.signal.aborted) return;
    }
  }

  private async post(body: Uint8Array): Promise<{ status: number; code: string; detail: string }> {
    const headers = {
      'content-type': 'application/x-protobuf',
      authorization: `Bearer ${this.options.token}`,
    };
    const answer = await this.ingest.post('/api/v1/probe-batches', headers, body);
    if (answer instanceof Error) return { status: 0, code: '', detail: messageOf(answer) };
    const { status, text } = answer;
    return { status, ...(status < 300 ? { code: '', detail: '' } : problemOf(text)) };
  }

  private drop(batches: Encoded[], why: string): void {
    const results = sum(batches);
    const { metrics, log } = this.parts;
    metrics.reports.inc({ result: 'rejected' });
    metrics.dropped.inc({ reason: 'rejected' }, results);
    log.error({ results, batches: batches.length }, `results are lost: ${why}`);
    this.source.settled(results);
  }
}

function sum(batches: readonly Encoded[]): number {
  return batches.reduce((total, { results }) => total + results, 0);
}

/** Code and detail of a problem+json body; for any other body, its beginning. */
function problemOf(text: string): { code: string; detail: string } {
  try {
    const { code, detail } = JSON.parse(text) as { code?: unknown; detail?: unknown };
    return { code: String(code ?? ''), detail: String(detail ?? '') };
  } catch {
    return { code: '', detail: text.slice(0, 200) };
  }
}
