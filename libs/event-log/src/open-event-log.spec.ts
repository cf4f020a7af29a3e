import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Collector, codeOf, record } from './conformance/fixture.js';
import { openEventLog } from './index.js';

describe('openEventLog', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'payday-open-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it.each([
    '',
    'lmdb',
    'lmdb:',
    'lmdb:relative/folder',
    'memory:name',
    'kafkaesque://x',
    '/just/a/path',
    'LMDB:/x',
  ])('refuses the URL %j and lists the known forms', async (url) => {
    await expect(openEventLog(url)).rejects.toMatchObject({
      code: 'invalid_log_url',
      retryable: false,
      message: expect.stringMatching(/memory:.*lmdb:\/absolute\/folder/),
    });
  });

  it('hides the password of a refused URL', async () => {
    const refusal: unknown = await openEventLog('kafkas://payday:s3/cr@t@broker:9092').catch(
      (error: unknown) => error,
    );
    expect(refusal).toMatchObject({ code: 'invalid_log_url', details: { url: 'kafkas://…@broker:9092' } });
    expect(String(refusal)).not.toMatch(/s3|cr@t/);
  });

  it('names the adapter', async () => {
    for (const [url, adapter] of [
      ['memory:', 'memory'],
      [`lmdb:${folder}`, 'lmdb'],
    ]) {
      const log = await openEventLog(url!);
      expect(log.adapter).toBe(adapter);
      await log.close();
    }
  });

  it('creates folders, also with dots, spaces and other scripts in their names', async () => {
    const log = await openEventLog(`lmdb:${folder}/new/a b.log/游戏`);
    await log.close();
    const again = await openEventLog(`lmdb:${folder}/new/a b.log/游戏`);
    await again.close();
  });

  it('reports a folder that is a file or not writable', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await codeOf(openEventLog(`lmdb:${folder}/file`))).toBe('log_unavailable');
    if (process.getuid?.() === 0) return; // root may write everywhere
    await chmod(folder, 0o500);
    expect(await codeOf(openEventLog(`lmdb:${folder}`))).toBe('log_unavailable');
    await chmod(folder, 0o700);
  });

  it.each([
    ['something else', 100_000],
    ['a short file', 3],
    ['zeros, as a power cut during creation may leave', 8192],
  ])('reports a folder that holds %s instead of a log, and opens once that is gone', async (what, size) => {
    const file = join(folder, 'data.mdb');
    await writeFile(file, Buffer.alloc(size, what.startsWith('zeros') ? 0 : what));
    expect(await codeOf(openEventLog(`lmdb:${folder}`))).toBe('log_corrupt');
    await rm(file);
    const log = await openEventLog(`lmdb:${folder}`);
    await log.close();
  });

  it.each(['data.mdb', 'lock.mdb'])('reports a folder in place of %s', async (name) => {
    await mkdir(join(folder, name));
    expect(await codeOf(openEventLog(`lmdb:${folder}`))).toBe('log_corrupt');
  });

  it('treats an empty file as a new log, because its creator may have been killed', async () => {
    await writeFile(join(folder, 'data.mdb'), '');
    const log = await openEventLog(`lmdb:${folder}`);
    await log.close();
  });

  it('refuses a log of another layout version', async () => {
    const { open } = await import('lmdb');
    const db = open({
      path: folder,
      noSubdir: false,
      overlappingSync: false,
      encoding: 'binary',
      keyEncoding: 'binary',
    });
    await db.put(Uint8Array.of(0), Uint8Array.of(9));
    await db.close();
    expect(await codeOf(openEventLog(`lmdb:${folder}`))).toBe('log_version');
  });

  it.each(['memory:', 'lmdb:'])('%s stamps records with the injected clock', async (scheme) => {
    const log = await openEventLog(scheme === 'lmdb:' ? scheme + folder : scheme, {
      clock: { nowMs: () => 1_700_000_000_123, monotonicMs: () => 0 },
    });
    await log.createTopics([{ topic: 't', partitions: 1 }]);
    await log.append('t', [record('k')]);
    const collector = new Collector(log, { topic: 't' });
    await collector.until(() => collector.records.length >= 1);
    await log.close();
    expect(collector.records[0]!.appendedAt).toBe(1_700_000_000_123);
  });
});
