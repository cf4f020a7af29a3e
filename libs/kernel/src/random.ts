/**
 * Named random streams from one seed. Streams with different names are independent, so adding a draw to one part of a
 * game never changes what another part sees.
 *
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand), seeded by 32-bit FNV-1a with an avalanche finish.
 * Good enough for schedules and bots; never use it for secrets.
 */
export interface Random {
  /** A uniform integer in [0, 2^32). */
  uint32(): number;
  /** A uniform integer in [0, bound). `bound` is an integer in [1, 2^32]. */
  below(bound: number): number;
  /** A uniform integer in [low, high], both inclusive. */
  between(low: number, high: number): number;
  /** A uniform number in [0, 1). */
  unit(): number;
  /** One element of a non-empty array. */
  pick<T>(items: readonly T[]): T;
  /** A new array with the same elements in random order (Fisher–Yates). */
  shuffle<T>(items: readonly T[]): T[];
}

/** The random stream `name` of `seed`: the same pair always gives the same sequence. */
export function randomStream(seed: string, name: string): Random {
  const text = `${seed}\u0000${name}`;
  const next = sfc32(hash32(text, 1), hash32(text, 2), hash32(text, 3), 1);
  for (let i = 0; i < 12; i++) next();
  const unit = (): number => next() / 2 ** 32;
  const below = (bound: number): number => Math.floor(unit() * bound);
  return {
    uint32: next,
    unit,
    below,
    between: (low, high) => low + below(high - low + 1),
    pick: (items) => {
      if (items.length === 0) throw new RangeError('pick: the array is empty');
      return items[below(items.length)] as (typeof items)[number];
    },
    shuffle: (items) => {
      const out = [...items];
      for (let i = out.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [out[i], out[j]] = [out[j]!, out[i]!];
      }
      return out;
    },
  };
}

/** A 32-bit hash of a text (FNV-1a over UTF-16 code units, then the murmur3 finaliser). */
export function hash32(text: string, salt = 0): number {
  let h = (0x811c9dc5 ^ salt) >>> 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    h = Math.imul(h ^ (unit & 0xff), 0x01000193);
    h = Math.imul(h ^ (unit >>> 8), 0x01000193);
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function sfc32(a: number, b: number, c: number, d: number): () => number {
  return () => {
    const t = (a + b + d) >>> 0;
    d = (d + 1) >>> 0;
    a = (b ^ (b >>> 9)) >>> 0;
    b = (c + (c << 3)) >>> 0;
    c = ((c << 21) | (c >>> 11)) >>> 0;
    c = (c + t) >>> 0;
    return t;
  };
}
