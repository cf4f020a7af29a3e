import { request, type Dispatcher } from 'undici';
import { messageOf } from '#kernel';
import { clip } from '../http/clip.js';
import type { OwnershipFinding } from './ownership-monitor.js';

export interface FindingsOptions {
  gameId: string;
  /** Origin of ingest. */
  ingestUrl: string;
  token: string;
  requestTimeoutMs: number;
}

export interface FindingsParts {
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
  dispatcher?: Dispatcher;
}

const PATH = '/api/v1/probe-batches/endpoint-findings';
/** The most that ingest accepts in one request. */
const MAX_PER_REQUEST = 100;
/** Statuses after which a retry may succeed: overload, or a team that ingest does not know yet. */
const MAY_GO_WELL = new Set([404, 408, 425, 429]);

/** Reports findings about endpoint owners to ingest, which records them for facilitators. Keeps the latest per service. */
export class FindingsReporter {
  private readonly queue = new Map<string, OwnershipFinding>();
  private isSending = false;

  constructor(
    private readonly options: FindingsOptions,
    private readonly parts: FindingsParts,
  ) {}

  /** Number of findings that ingest has not accepted yet. */
  get waiting(): number {
    return this.queue.size;
  }

  add(finding: OwnershipFinding): void {
    this.parts.log.info({ finding }, 'an endpoint was checked for its owner');
    this.queue.set(`${finding.teamId} ${finding.serviceId}`, finding);
  }

  /** Sends the waiting findings; those that are not accepted wait for the next call. Never rejects. */
  async flush(): Promise<void> {
    if (this.isSending || this.queue.size === 0) return;
    this.isSending = true;
    try {
      const sent = [...this.queue].slice(0, MAX_PER_REQUEST);
      const { status, text } = await this.post(sent.map(([, finding]) => finding));
      const isFinal = status >= 400 && status < 500 && !MAY_GO_WELL.has(status);
      if (status < 200 || (status >= 300 && !isFinal)) return;
      // 409: the game is sealed, which is no problem.
      if (isFinal && status !== 409)
        this.parts.log.warn({ status, text }, 'ingest refuses findings about endpoint owners');
      for (const [key, finding] of sent) if (this.queue.get(key) === finding) this.queue.delete(key);
    } finally {
      this.isSending = false;
    }
  }

  private async post(findings: OwnershipFinding[]): Promise<{ status: number; text: string }> {
    const { gameId, ingestUrl, token, requestTimeoutMs } = this.options;
    const body = findings.map(({ got, ...rest }) => ({
      ...rest,
      ...(got !== undefined && { got: clip(got) }),
    }));
    try {
      const answer = await request(new URL(PATH, ingestUrl), {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ gameId, findings: body }),
        headersTimeout: requestTimeoutMs,
        bodyTimeout: requestTimeoutMs,
        ...(this.parts.dispatcher ? { dispatcher: this.parts.dispatcher } : {}),
      });
      return { status: answer.statusCode, text: (await answer.body.text()).slice(0, 200) };
    } catch (error) {
      return { status: 0, text: messageOf(error) };
    }
  }
}
