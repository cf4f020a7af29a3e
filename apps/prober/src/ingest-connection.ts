import { Client, type Dispatcher } from 'undici';

/** An answer from ingest. */
export interface IngestAnswer {
  status: number;
  text: string;
}

/**
 * The connection to ingest. It posts twenty times a second throughout a game, so it uses the dispatcher directly: what
 * `request` adds (a stream for the body, a listener for the signal) costs as much as everything else.
 */
export class IngestConnection {
  private readonly origin: string;
  private readonly dispatcher: Dispatcher;
  private readonly aborts = new Set<(reason: Error) => void>();
  private isClosed = false;

  /**
   * @param ingestUrl origin of ingest, e.g. `http://127.0.0.1:3000`
   * @param timeoutMs for the head of an answer, and again between two pieces of its body
   */
  constructor(
    ingestUrl: string,
    private readonly timeoutMs: number,
    dispatcher?: Dispatcher,
  ) {
    this.origin = new URL(ingestUrl).origin;
    this.dispatcher = dispatcher ?? new Client(this.origin);
  }

  /** @returns the answer, or why there was none; never rejects. */
  post(path: string, headers: Record<string, string>, body: Uint8Array): Promise<IngestAnswer | Error> {
    return new Promise((resolve) => {
      if (this.isClosed) return resolve(new Error('the connection to ingest is closed'));
      let abort: ((reason: Error) => void) | null = null;
      let status = 0;
      const pieces: Buffer[] = [];
      const done = (result: IngestAnswer | Error): void => {
        if (abort !== null) this.aborts.delete(abort);
        resolve(result);
      };
      const options: Dispatcher.DispatchOptions = {
        origin: this.origin,
        path,
        method: 'POST',
        headers,
        body,
        headersTimeout: this.timeoutMs,
        bodyTimeout: this.timeoutMs,
      };
      this.dispatcher.dispatch(options, {
        onRequestStart: (controller) => {
          abort = (reason) => controller.abort(reason);
          this.aborts.add(abort);
        },
        onResponseStart: (_controller, statusCode) => {
          status = statusCode;
        },
        onResponseData: (_controller, chunk) => {
          pieces.push(chunk);
        },
        onResponseEnd: () => done({ status, text: Buffer.concat(pieces).toString('utf8') }),
        onResponseError: (_controller, error) => done(error),
      });
    });
  }

  /** Aborts posts in progress and refuses later ones. */
  close(): void {
    this.isClosed = true;
    for (const abort of this.aborts) abort(new Error('the prober is stopping'));
    this.dispatcher.destroy().catch(() => undefined);
  }
}
