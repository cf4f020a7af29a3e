import { PaydayError, SerialQueue, messageOf } from '#kernel';
import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { dedicatedClient } from './database.js';

/** A statement that PostgreSQL prepares once per connection. */
export interface Statement {
  name: string;
  text: string;
}

export type Query = <Row = Record<string, unknown>>(
  statement: Statement,
  values: unknown[],
) => Promise<Row[]>;

export interface DedicatedConnectionOptions {
  /** Limit for connecting and for each response; after it the connection counts as lost. Default: 10 s to connect, none for responses. */
  timeoutMs?: number;
  /** Called with each new connection before its first statement. */
  onConnected?(client: pg.Client): Promise<unknown>;
}

/**
 * One connection outside the pool, opened at first use and reopened after a loss. Calls run one at a time.
 * A lost connection rejects with PaydayError `database_unavailable` (retryable); errors that PostgreSQL itself reports
 * are passed on unchanged.
 */
export class DedicatedConnection {
  private client: pg.Client | null = null;
  private readonly queue = new SerialQueue();
  private closed = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly applicationName: string,
    private readonly options: DedicatedConnectionOptions = {},
  ) {}

  /** Runs `work` with exclusive use of the connection. */
  run<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.queue.run(() => this.exclusive(work));
  }

  /** Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.run(async (query) => {
      await query(BEGIN, []);
      let result: T;
      try {
        result = await work(query);
      } catch (error) {
        // If the rollback fails too, the connection is gone and the transaction with it.
        await query(ROLLBACK, []).catch(() => this.drop());
        throw error;
      }
      await query(COMMIT, []);
      return result;
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.queue.idle();
    await this.drop();
  }

  private async exclusive<T>(work: (query: Query) => Promise<T>): Promise<T> {
    if (this.closed) throw new PaydayError('database_closed', 'the store was closed');
    const client = await this.connected();
    const { timeoutMs } = this.options;
    return work(async <Row>(statement: Statement, values: unknown[]) => {
      try {
        const { rows } = await client.query({
          ...statement,
          values,
          ...(timeoutMs !== undefined && { query_timeout: timeoutMs }),
        });
        return rows as Row[];
      } catch (cause) {
        if (!isConnectionLoss(cause)) throw cause;
        await this.drop();
        throw unavailable(cause);
      }
    });
  }

  private async connected(): Promise<pg.Client> {
    if (this.client !== null) return this.client;
    const client = dedicatedClient(this.dataSource, this.applicationName, this.options.timeoutMs);
    try {
      await client.connect();
      await this.options.onConnected?.(client);
    } catch (cause) {
      await client.end().catch(() => undefined);
      throw unavailable(cause);
    }
    client.once('end', () => {
      if (this.client === client) this.client = null;
    });
    this.client = client;
    return client;
  }

  private async drop(): Promise<void> {
    const client = this.client;
    this.client = null;
    await client?.end().catch(() => undefined);
  }
}

const BEGIN: Statement = { name: 'begin', text: 'BEGIN' };
const COMMIT: Statement = { name: 'commit', text: 'COMMIT' };
const ROLLBACK: Statement = { name: 'rollback', text: 'ROLLBACK' };

/**
 * Class 57P is a server shutting down or starting up, class 08 a connection error, 25P03 the timeout of an idle transaction.
 * An error without a severity did not come from the server but from the socket or the driver.
 */
function isConnectionLoss(error: unknown): boolean {
  const { code, severity } = error as { code?: string; severity?: string };
  if (severity !== undefined) return code !== undefined && /^(57P|08|25P03)/.test(code);
  return (code !== undefined && /^E[A-Z]+$/.test(code)) || DRIVER_LOST.test(messageOf(error));
}

const DRIVER_LOST =
  /connection terminated|connection error|not queryable|client was closed|query read timeout/i;

function unavailable(cause: unknown): PaydayError {
  return new PaydayError('database_unavailable', `PostgreSQL is not reachable: ${messageOf(cause)}`, {
    retryable: true,
    cause,
  });
}
