import { Agent, request } from 'undici';
import { OUTCOMES, encodeProbeBatches, type Outcome, type ProbeBatch, type Role } from '#contracts';
import { randomStream, type Random } from '#kernel';
import { buildBatch, type PlainResult } from '#testing';
import { sleep } from '../../support/wait.js';

export interface LoadOptions {
  gameId: string;
  teamIds: readonly string[];
  serviceIds: readonly string[];
  ingestUrl: string;
  token: string;
  seed: string;
  proberId: string;
  /** How far this prober's clock is ahead of the true time. */
  skewMs: number;
  /** Concurrent requests of this prober: neighbours may overtake each other. */
  workers: number;
  pauseMs: number;
}

interface Held {
  batch: ProbeBatch;
  /** Sent with the first request after this instant, monotonic. */
  until: number;
}

const BATCHES_PER_REQUEST = 5;
const MAX_RESULTS_PER_BATCH = 12;
/** Per hundred batches. */
const DUPLICATED = 10;
const REORDERED = 20;
const LATE = 3;
/** A reordered batch is overtaken by the next requests; a late one arrives after its windows have closed. */
const REORDERED_BY_MS = { least: 20, most: 300 };
const LATE_BY_MS = { least: 2_000, most: 5_000 };
const RETRY_MS = 25;
const ANSWER_WITHIN_MS = 5_000;

/**
 * One prober that sends as fast as it gets answers, and follows the protocol: whatever was not acknowledged
 * is resent unchanged. In addition it sends a tenth of its batches twice, delays a fifth briefly and a few by
 * seconds, and still claims (`watermarkMs`) that nothing older will come.
 *
 * Intended times are from the prober's own clock, however wrong: the game scores by them.
 */
export class ProberLoad {
  /** Each acknowledged batch, once. */
  readonly acknowledged = new Map<string, ProbeBatch>();
  /** Batches whose first request got no answer: they may have been in the log when they were resent. */
  readonly unanswered = new Set<string>();
  /** Batches resent although acknowledged, or sent twice in one request. */
  readonly duplicated = new Set<string>();
  private readonly random: Random;
  private readonly agent: Agent;
  private readonly seqs = new Map<string, number>();
  private readonly recent: ProbeBatch[] = [];
  private held: Held[] = [];
  private stopped = false;
  private running: Promise<void>[] = [];

  constructor(private readonly options: LoadOptions) {
    this.random = randomStream(options.seed, `prober ${options.proberId}`);
    this.agent = new Agent({ connections: options.workers, keepAliveTimeout: 1_000 });
  }

  start(): void {
    this.running = Array.from({ length: this.options.workers }, () => this.runWorker());
  }

  /** Sends what it holds back, until everything is acknowledged. @throws Error if ingest refused a batch */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
    await this.deliver(this.held.map(({ batch }) => batch));
    this.held = [];
    await this.agent.close();
  }

  private async runWorker(): Promise<void> {
    while (!this.stopped) {
      await this.deliver(this.nextRequest());
      await sleep(this.options.pauseMs);
    }
  }

  private nextRequest(): ProbeBatch[] {
    const now = performance.now();
    const out = this.held.filter(({ until }) => until <= now).map(({ batch }) => batch);
    this.held = this.held.filter(({ until }) => until > now);
    for (let i = 0; i < BATCHES_PER_REQUEST; i++) {
      for (const batch of this.newBatches()) {
        const chance = this.random.below(100);
        if (chance < LATE) this.hold(batch, LATE_BY_MS);
        else if (chance < LATE + REORDERED) this.hold(batch, REORDERED_BY_MS);
        else out.push(batch);
      }
    }
    const once = [...out];
    for (const batch of once) {
      if (this.random.below(100) >= DUPLICATED) continue;
      // Ingest knows what it acknowledged; duplicates within one request are passed on.
      const again = this.random.below(2) === 0 ? batch : this.random.pick([batch, ...this.recent]);
      this.duplicated.add(keyOf(again));
      out.push(again);
    }
    return this.random.shuffle(out);
  }

  private hold(batch: ProbeBatch, { least, most }: { least: number; most: number }): void {
    this.held.push({ batch, until: performance.now() + this.random.between(least, most) });
  }

  /** One batch; two, if another team serves this team's customers: each side gets its own. */
  private newBatches(): ProbeBatch[] {
    const random = this.random;
    const { teamIds, serviceIds } = this.options;
    const teamId = random.pick(teamIds);
    const counterpartyId = random.below(6) === 0 ? random.pick(teamIds) : teamId;
    const serviceId = random.pick(serviceIds);
    const latest = Date.now() + this.options.skewMs;
    const results = Array.from({ length: random.between(1, MAX_RESULTS_PER_BATCH) }, () => ({
      intendedAt: latest - random.below(400),
      latencyUs: random.between(1_000, 400_000),
      outcome: random.below(8) === 0 ? random.pick(OUTCOMES) : ('ok' as Outcome),
    }));
    const side = (team: string, role: Role, other: string): ProbeBatch =>
      buildBatch(
        this.options.gameId,
        results.map((result) => ({ ...result, teamId: team, role, serviceId, counterpartyId: other })),
        { proberId: this.options.proberId, epoch: 1, seq: this.nextSeq(team), watermarkMs: latest },
      );
    const consumed = side(teamId, 'consumer', counterpartyId);
    return counterpartyId === teamId ? [consumed] : [consumed, side(counterpartyId, 'provider', teamId)];
  }

  private nextSeq(teamId: string): number {
    const seq = this.seqs.get(teamId) ?? 0;
    this.seqs.set(teamId, seq + 1);
    return seq;
  }

  /** Repeats until acknowledged. */
  private async deliver(batches: readonly ProbeBatch[]): Promise<void> {
    if (batches.length === 0) return;
    const body = encodeProbeBatches(batches);
    while (!(await this.post(body))) {
      for (const batch of batches) this.unanswered.add(keyOf(batch));
      await sleep(RETRY_MS);
    }
    for (const batch of batches) {
      this.acknowledged.set(keyOf(batch), batch);
      this.recent.push(batch);
    }
    if (this.recent.length > 200) this.recent.splice(0, this.recent.length - 200);
  }

  /** Whether it was acknowledged. @throws Error for a refusal that a retry cannot fix */
  private async post(body: Uint8Array): Promise<boolean> {
    const { status, text } = await this.answer(body).catch(() => ({ status: 0, text: '' }));
    if (status === 202 || text.includes('"duplicate_batch"')) return true;
    if (status === 0 || status === 503) return false;
    throw new Error(`ingest refused a request: ${status} ${text}`);
  }

  private async answer(body: Uint8Array): Promise<{ status: number; text: string }> {
    const { ingestUrl, token } = this.options;
    const answer = await request(`${ingestUrl}/api/v1/probe-batches`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', authorization: `Bearer ${token}` },
      body,
      dispatcher: this.agent,
      headersTimeout: ANSWER_WITHIN_MS,
      bodyTimeout: ANSWER_WITHIN_MS,
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  }
}

/** The identity of a batch. */
export function keyOf({ teamId, proberId, epoch, seq }: ProbeBatch): string {
  return `${teamId} ${proberId} ${epoch} ${seq}`;
}

/** The results of a batch, as the oracle takes them. */
export function resultsOf(batch: ProbeBatch): PlainResult[] {
  const { teamId, role, serviceId, counterpartyId } = batch;
  return Array.from({ length: batch.outcome.length }, (_, i) => ({
    teamId,
    role,
    serviceId,
    counterpartyId,
    intendedAt: batch.baseIntendedAtMs + batch.offsetMs[i]!,
    latencyUs: batch.latencyUs[i]!,
    outcome: OUTCOMES[batch.outcome[i]!]!,
  }));
}
