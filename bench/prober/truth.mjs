// The server with known timing, and its records.
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { goProgram } from '../harness/go.mjs';
import { spawnOn } from '../harness/processes.mjs';

/** Starts the server on one core. @throws if it cannot be built */
export async function startTruth(core) {
  const program = goProgram('truth', fileURLToPath(new URL('server/main.go', import.meta.url)));
  const child = spawnOn({ core, before: true }, program, [], { stdio: ['pipe', 'pipe', 'inherit'] });
  const folder = mkdtempSync(join(tmpdir(), 'payday-truth-'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the server of the bench ended');
    return value;
  };
  const command = async (text) => {
    child.stdin.write(`${text}\n`);
    const said = await line();
    if (said !== 'ok') throw new Error(said);
  };
  const port = Number(await line());
  return {
    url: `http://127.0.0.1:${port}`,
    /** From now on, the server stalls for this long in each second. */
    stall: (ms) => command(`stall ${ms}`),
    /** The requests answered since the last call, in order of arrival. @returns {Promise<Note[]>} */
    async notes() {
      const path = join(folder, 'notes');
      await command(`dump ${path}`);
      return readNotes(readFileSync(path));
    },
    close() {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @typedef {{id: number, readMs: number, writtenMs: number}} Note epoch milliseconds, with fractions */

function readNotes(bytes) {
  const numbers = new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
  const notes = [];
  for (let i = 0; i < numbers.length; i += 3)
    notes.push({
      id: Number(numbers[i]),
      readMs: Number(numbers[i + 1] / 1000n) / 1000,
      writtenMs: Number(numbers[i + 2] / 1000n) / 1000,
    });
  return notes.sort((a, b) => a.readMs - b.readMs);
}

/** @param {number[]} values any order @returns {(share: number) => number} the quantile, e.g. of 0.99 */
export function quantiles(values) {
  const sorted = Float64Array.from(values).sort();
  return (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
