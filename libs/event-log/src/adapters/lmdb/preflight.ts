import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PaydayError } from '#kernel';

/** Magic number in the first page's header, in this byte order on every machine that has an lmdb-js binary. */
const MAGIC = Uint8Array.of(0xde, 0xc0, 0xef, 0xbe);
/** LMDB's file format version, after the magic number. */
const FORMAT = 2;
const HEAD_BYTES = 64;
/** Two root pages of the smallest size; LMDB writes both in one call. */
const LEAST_BYTES = 2 * 4096;

/**
 * Checks a folder before LMDB opens it, because lmdb-js 3.5 crashes the whole process (a segmentation fault) if opening
 * fails after it has opened a file.
 * @throws PaydayError `log_corrupt` if the file is not an LMDB file; the system's error if a file cannot be used.
 */
export async function assertOpenable(folder: string): Promise<void> {
  const data = join(folder, 'data.mdb');
  for (const file of [data, join(folder, 'lock.mdb')]) await assertUsable(file);
  const head = await headOf(data);
  if (head === undefined) return;
  const at = head.bytes.indexOf(MAGIC);
  if (at >= 0 && head.size >= LEAST_BYTES && head.bytes[at + MAGIC.length] === FORMAT) return;
  throw new PaydayError(
    'log_corrupt',
    `${data} is no event log, or was damaged from outside: give another folder, or restore it from a copy`,
    { details: { file: data } },
  );
}

async function assertUsable(file: string): Promise<void> {
  try {
    if (!(await stat(file)).isFile())
      throw new PaydayError('log_corrupt', `${file} is no file: give another folder, or remove it`);
    await access(file, constants.R_OK | constants.W_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** The file's first bytes and size; undefined if it is missing or empty, which LMDB treats as new. */
async function headOf(file: string): Promise<{ bytes: Buffer; size: number } | undefined> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return undefined;
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    if (bytesRead === 0) return undefined;
    return { bytes: buffer.subarray(0, bytesRead), size: (await handle.stat()).size };
  } finally {
    await handle.close();
  }
}
