import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { LEDGER_CSV_COLUMNS, csvLine, ledgerCsvValues, type LedgerEntry } from '#contracts';
import { LEDGER_FORMATS, type LedgerFormat } from '#contracts/api';
import { PaydayError } from '#kernel';

const MEDIA_TYPES: Record<LedgerFormat, string> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
};
/** Each stream holds a connection and a snapshot of the database. */
const MAX_STREAMS = 4;
/** A reader that takes nothing for this long is disconnected. */
const STALLED_AFTER_MS = 30_000;
const CHUNK_CHARACTERS = 64 * 1024;

/** The format that an `Accept` header prefers; JSON if it names none of these, and in a tie. */
export function acceptedFormat(accept: string | undefined): LedgerFormat {
  let best: { format: LedgerFormat; quality: number } = { format: 'json', quality: 0 };
  for (const range of (accept ?? '').toLowerCase().split(',')) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim());
    const format = LEDGER_FORMATS.find((each) => MEDIA_TYPES[each] === type);
    if (format === undefined) continue;
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = q === undefined ? 1 : Number(q.slice(2)) || 0;
    if (quality > best.quality || (quality === best.quality && format === 'json')) best = { format, quality };
  }
  return best.format;
}

/** Streams ledgers to a bounded number of readers at a time. */
export class LedgerStreams {
  private open = 0;

  constructor(private readonly stalledAfterMs = STALLED_AFTER_MS) {}

  /**
   * Streams an answer while the entries are read. An error on the way cuts the connection, so an answer that ends properly is complete.
   * @throws PaydayError `too_many_requests`, and whatever reading the first entries throws
   */
  async send(entries: AsyncGenerator<LedgerEntry>, format: 'ndjson' | 'csv'): Promise<StreamableFile> {
    if (this.open >= MAX_STREAMS)
      throw new PaydayError(
        'too_many_requests',
        `${MAX_STREAMS} ledgers are being read already: try again in a moment, or read pages of JSON.`,
      );
    this.open++;
    const chunks = this.chunks(entries, format);
    // The first chunk is made here, so that an early error is still answered as a problem.
    const first = await chunks.next();
    const stream: Readable = Readable.from(watched(), { objectMode: false });
    const watch = (): ReturnType<typeof setTimeout> =>
      setTimeout(() => stream.destroy(new Error('the reader stalled')), this.stalledAfterMs).unref();
    let stalled = watch();
    stream.once('close', () => {
      clearTimeout(stalled);
      // If the stream is closed before its first read, the generator below never starts and so never ends.
      void chunks.return(undefined);
    });
    return new StreamableFile(stream, { type: `${MEDIA_TYPES[format]}; charset=utf-8` });

    async function* watched(): AsyncGenerator<string> {
      for (let next = first; !next.done; next = await chunks.next()) {
        clearTimeout(stalled);
        stalled = watch();
        yield next.value;
      }
    }
  }

  private async *chunks(
    entries: AsyncGenerator<LedgerEntry>,
    format: 'ndjson' | 'csv',
  ): AsyncGenerator<string, undefined> {
    try {
      let chunk = format === 'csv' ? `${csvLine(LEDGER_CSV_COLUMNS)}\n` : '';
      for await (const entry of entries) {
        chunk += `${format === 'csv' ? csvLine(ledgerCsvValues(entry)) : JSON.stringify(entry)}\n`;
        if (chunk.length < CHUNK_CHARACTERS) continue;
        yield chunk;
        chunk = '';
      }
      if (chunk !== '') yield chunk;
      return undefined;
    } finally {
      this.open--;
    }
  }
}
