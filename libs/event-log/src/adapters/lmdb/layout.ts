/**
 * The keys of the LMDB file. Everything lies in its one main database, in this order:
 *
 * | key (big-endian)                              | value                                       |
 * |-----------------------------------------------|---------------------------------------------|
 * | `00`                                          | version of this layout, one byte            |
 * | `01` topic name in UTF-8                      | topic id u32, number of partitions u32      |
 * | `02` topic id u32, partition u32, position u64 | one record, see record-codec.ts            |
 * | `03` number of the last commit u64            | empty; there is one such key (appender.ts)  |
 *
 * Positions of a partition begin at 1 and have no gaps.
 */
export const LAYOUT_VERSION = 1;
export const VERSION_KEY = Uint8Array.of(0);

const TOPIC = 1;
const RECORD = 2;
const COMMIT = 3;
const RECORD_KEY_BYTES = 17;
const TWO_32 = 2 ** 32;

export interface TopicEntry {
  id: number;
  partitions: number;
}

export function topicKey(topic: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(TOPIC), Buffer.from(topic)]);
}

/** The key range of all topics: start inclusive, end exclusive. */
export const TOPIC_RANGE = { start: Uint8Array.of(TOPIC), end: Uint8Array.of(TOPIC + 1) } as const;

export function encodeTopic({ id, partitions }: TopicEntry): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(id, 0);
  bytes.writeUInt32BE(partitions, 4);
  return bytes;
}

export function decodeTopic(bytes: Uint8Array): TopicEntry {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { id: view.getUint32(0), partitions: view.getUint32(4) };
}

/** The key of a record; `position` is an integer from 0 to 2^53 - 1. */
export function recordKey(topicId: number, partition: number, position: number): Buffer {
  const key = Buffer.allocUnsafe(RECORD_KEY_BYTES);
  key[0] = RECORD;
  key.writeUInt32BE(topicId, 1);
  key.writeUInt32BE(partition, 5);
  setPosition(key, position);
  return key;
}

/** Rewrites a record's key into that of another record of the same partition. */
export function setPosition(key: Buffer, position: number): void {
  key.writeUInt32BE(Math.floor(position / TWO_32), 9);
  key.writeUInt32BE(position % TWO_32, 13);
}

export const EMPTY = new Uint8Array(0);

/** The key that marks number `commit` as the last commit; an integer from 0 to 2^53 - 1. */
export function commitKey(commit: number): Uint8Array {
  const key = Buffer.allocUnsafe(9);
  key[0] = COMMIT;
  key.writeBigUInt64BE(BigInt(commit), 1);
  return key;
}

/** The key range of the commit key: start inclusive, end exclusive. */
export const COMMIT_RANGE = { start: Uint8Array.of(COMMIT), end: Uint8Array.of(COMMIT + 1) } as const;

/** Makes lmdb-js write keys as raw bytes and read them without creating an object for each. */
export const KEY_ENCODER = {
  writeKey(key: Uint8Array, target: Uint8Array, start: number): number {
    target.set(key, start);
    return start + key.length;
  },
  /** The position in a record's key or the number in a commit's; meaningless for other keys. */
  readKey(source: Uint8Array, _start: number, end: number): number {
    return uint32(source, end - 8) * TWO_32 + uint32(source, end - 4);
  },
};

function uint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
