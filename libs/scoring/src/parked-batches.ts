import { decodeProbeBatch, encodeProbeBatch, type ProbeBatch } from '#contracts';
import type { ByteReader, ByteWriter } from './bytes.js';

const MAX_BATCHES = 10_000;
/** Parked batches are written with every commit, and a batch can be nearly a megabyte. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Batches that wait for a game event: encoded, in order of arrival, and bounded in number and bytes. */
export class ParkedBatches {
  private entries: { gameId: string; bytes: Uint8Array }[] = [];
  private bytes = 0;

  /** @returns false if there is no room */
  add(batch: ProbeBatch): boolean {
    const bytes = encodeProbeBatch(batch);
    if (this.entries.length >= MAX_BATCHES || this.bytes + bytes.length > MAX_BYTES) return false;
    this.addEncoded(batch.gameId, bytes);
    return true;
  }

  /** Removes and returns the batches of a game. */
  takeBatches(gameId: string): ProbeBatch[] {
    const all = this.entries;
    this.entries = [];
    this.bytes = 0;
    const taken: ProbeBatch[] = [];
    for (const entry of all) {
      if (entry.gameId === gameId) taken.push(decodeProbeBatch(entry.bytes));
      else this.addEncoded(entry.gameId, entry.bytes);
    }
    return taken;
  }

  write(out: ByteWriter): void {
    out.uint(this.entries.length);
    for (const { bytes } of this.entries) out.bytes(bytes);
  }

  static read(from: ByteReader): ParkedBatches {
    const out = new ParkedBatches();
    for (let n = from.uint(); n > 0; n--) {
      const bytes = from.bytes();
      out.addEncoded(decodeProbeBatch(bytes).gameId, bytes);
    }
    return out;
  }

  private addEncoded(gameId: string, bytes: Uint8Array): void {
    this.entries.push({ gameId, bytes });
    this.bytes += bytes.length;
  }
}
