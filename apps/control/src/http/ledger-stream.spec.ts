import { once } from 'node:events';
import type { LedgerEntry } from '#contracts';
import { LedgerStreams, acceptedFormat } from './ledger-stream.js';

const ENTRY: LedgerEntry = {
  gameId: 'g',
  windowIndex: 0,
  windowStartAt: 0,
  windowEndAt: 1000,
  teamId: 'fenrir',
  serviceId: 'router',
  reason: 'failed',
  counterpartyId: 'fenrir',
  count: 1,
  cents: -5,
  latencyMs: null,
  samples: [],
  note: 'x'.repeat(1000),
};

describe('acceptedFormat', () => {
  it.each([
    [undefined, 'json'],
    ['*/*', 'json'],
    ['text/html, */*;q=0.8', 'json'],
    ['text/csv', 'csv'],
    ['application/x-ndjson, application/json', 'json'],
    ['application/json;q=0.5, TEXT/CSV', 'csv'],
    ['text/csv;q=0', 'json'],
    ['text/csv;q=0.2,application/x-ndjson;q=0.7', 'ndjson'],
  ])('%s → %s', (accept, format) => {
    expect(acceptedFormat(accept)).toBe(format);
  });
});

describe('LedgerStreams', () => {
  /** Endless; tells whether it was released. */
  function source() {
    const state = { released: false };
    async function* entries(): AsyncGenerator<LedgerEntry> {
      try {
        for (;;) yield ENTRY;
      } finally {
        state.released = true;
      }
    }
    return { state, entries: entries() };
  }

  it('lets go of the database when the reader stalls or leaves, and takes only a few readers', async () => {
    const streams = new LedgerStreams(20);
    const all = Array.from({ length: 4 }, source);
    const files = await Promise.all(all.map(({ entries }) => streams.send(entries, 'csv')));
    await expect(streams.send(source().entries, 'csv')).rejects.toMatchObject({ code: 'too_many_requests' });
    const readables = files.map((file) => file.getStream());
    const closed = readables.map((readable) => once(readable, 'close').catch(() => undefined));
    readables[0]!.read(1);
    readables[1]!.destroy();
    for (const readable of readables) readable.on('error', () => undefined);
    await Promise.all(closed);
    await new Promise((resolve) => setImmediate(resolve));
    expect(all.map(({ state }) => state.released)).toEqual([true, true, true, true]);
    (await streams.send(source().entries, 'ndjson')).getStream().destroy();
  });

  it('tells at once what goes wrong at once', async () => {
    const streams = new LedgerStreams();
    async function* broken(): AsyncGenerator<LedgerEntry> {
      if (ENTRY.count > 0) throw new Error('no database');
      yield ENTRY;
    }
    for (let i = 0; i < 9; i++) await expect(streams.send(broken(), 'csv')).rejects.toThrow('no database');
  });
});
