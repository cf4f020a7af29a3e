import type { DataSource, QueryRunner } from 'typeorm';

const FETCH_ROWS = 1000;

/** A read-only transaction whose queries all see the same state of the database. */
export class Snapshot {
  private constructor(private readonly runner: QueryRunner) {}

  /** The caller must call `close`. */
  static async open(dataSource: DataSource): Promise<Snapshot> {
    const runner = dataSource.createQueryRunner();
    try {
      await runner.connect();
      await runner.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
      return new Snapshot(runner);
    } catch (error) {
      await runner.release();
      throw error;
    }
  }

  /** Opens a snapshot for `read` and closes it when `read` settles. */
  static async use<T>(dataSource: DataSource, read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    const snapshot = await Snapshot.open(dataSource);
    try {
      return await read(snapshot);
    } finally {
      await snapshot.close();
    }
  }

  async query<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.runner.query(sql, values)) as Row[];
  }

  /**
   * The rows of a query through a server-side cursor, in constant memory. One stream at a time.
   * @param fetchRows rows per round trip, ≥ 1
   */
  async *stream<Row>(
    sql: string,
    values: unknown[],
    fetchRows = FETCH_ROWS,
  ): AsyncGenerator<Row, void, undefined> {
    await this.runner.query(`DECLARE row_stream NO SCROLL CURSOR FOR ${sql}`, values);
    try {
      for (;;) {
        const rows = await this.query<Row>(`FETCH ${Math.trunc(fetchRows)} FROM row_stream`);
        if (rows.length === 0) return;
        yield* rows;
      }
    } finally {
      await this.runner.query('CLOSE row_stream').catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    await this.runner.query('ROLLBACK').catch(() => undefined); // Read-only: a lost connection loses nothing.
    await this.runner.release();
  }
}
