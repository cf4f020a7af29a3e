import { randomStream } from '#kernel';
import { sleep } from './wait.js';

interface WitnessBatch {
  gameId: string;
  teamId: string;
  serviceId: string;
  proberId: string;
  epoch: number;
  seq: number;
  watermarkAt: number;
  results: { intendedAt: number; latencyMs: number; outcome: 'ok' | 'bad_status' }[];
}

export interface WitnessOptions {
  gameId: string;
  teamIds: readonly string[];
  serviceId: string;
  /** Of a prober token for the game. */
  token: string;
  seed: string;
  /** The launcher's current address; it may be down. */
  url(): string;
}

/** After the end of any game that it watches, and within what ingest accepts. */
const FAR_AHEAD_MS = 9 * 60_000;

/**
 * A second, external prober that records what was acknowledged. As the protocol demands, it resends a batch
 * until it is acknowledged. In addition it repeats batches acknowledged long ago, which a restarted ingest
 * cannot know any more, so that the log really contains duplicates.
 */
export class Witness {
  /** Batches that were acknowledged, by team, prober, epoch and seq. */
  readonly acknowledged = new Map<string, WitnessBatch>();
  /** How many batches were appended although they had been acknowledged before. */
  repeatsTaken = 0;
  private readonly seqs = new Map<string, number>();
  private stopped = false;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: WitnessOptions) {}

  start(): void {
    this.running = this.run();
  }

  /** Sends its last batches, without results: they claim that no more will come. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
    for (const teamId of this.options.teamIds) {
      await this.send({ ...this.next(teamId), watermarkAt: Date.now() + FAR_AHEAD_MS, results: [] });
    }
  }

  private async run(): Promise<void> {
    const random = randomStream(this.options.seed, 'witness');
    while (!this.stopped) {
      const batch = this.next(random.pick(this.options.teamIds));
      const outcome = random.below(3) === 0 ? 'bad_status' : 'ok';
      batch.results.push({ intendedAt: Date.now(), latencyMs: random.between(1, 400), outcome });
      await this.send(batch);
      if (random.below(4) === 0) await this.repeat(random.pick([...this.acknowledged.values()]));
      await sleep(40);
    }
  }

  private next(teamId: string): WitnessBatch {
    const { gameId, serviceId } = this.options;
    const seq = this.seqs.get(teamId) ?? 0;
    this.seqs.set(teamId, seq + 1);
    return {
      gameId,
      teamId,
      serviceId,
      proberId: 'witness',
      epoch: 1,
      seq,
      watermarkAt: Date.now(),
      results: [],
    };
  }

  /** Repeats until acknowledged. */
  private async send(batch: WitnessBatch): Promise<void> {
    for (;;) {
      const status = await this.post(batch);
      if (status === 202 || status === 409) break;
      await sleep(100);
    }
    this.acknowledged.set([batch.teamId, batch.proberId, batch.epoch, batch.seq].join(' '), batch);
  }

  private async repeat(batch: WitnessBatch): Promise<void> {
    if ((await this.post(batch)) === 202) this.repeatsTaken++;
  }

  /** The status; 0 if there was no answer. @throws Error for a refusal that a retry cannot fix */
  private async post(batch: WitnessBatch): Promise<number> {
    const { status, text } = await this.fetch(batch).catch(() => ({ status: 0, text: '' }));
    if ([0, 202, 503].includes(status) || text.includes('"duplicate_batch"')) return status;
    throw new Error(`the witness was refused: ${status} ${text}`);
  }

  private async fetch(batch: WitnessBatch): Promise<{ status: number; text: string }> {
    const response = await fetch(`${this.options.url()}/api/v1/probe-batches`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.options.token}` },
      body: JSON.stringify(batch),
      signal: AbortSignal.timeout(3_000),
    });
    return { status: response.status, text: await response.text() };
  }
}
