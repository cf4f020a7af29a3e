// The input of both sides: the same results, as encoded batches for the core and as columns for the peer.
import { OUTCOME, encodeProbeBatch } from '#contracts';
import { randomStream } from '#kernel';

export const SERVICES = ['router', 'catalog', 'pricing', 'booking'];
export const WINDOW_MS = 1000;
/** Event time per slot, in which every team and service sends one batch and the scorer commits once. */
export const SLOT_MS = 100;
export const SLOTS_PER_SECOND = 1000 / SLOT_MS;
/** Maximum age of out-of-order results relative to their batch. The watermark lags by the same time, so none is late. */
export const DISORDER_MS = 1000;
export const STARTS_AT = 1_700_000_000_000;
/** Distinct batches per service; a prime, so that a team uses each of them in each slot of a second. */
const POOL = 97;
const DISORDER = 0.05;
const FAILURES = 0.03;
/** Number of failure samples that the prober sends per service and window. */
const SAMPLES_PER_WINDOW = 3;
const FAILURE_KINDS = ['bad_status', 'wrong_body', 'timeout', 'connect_error'];

/** The pay rules of a typical game. */
export const SCENARIO = {
  id: 'bench',
  name: 'Bench',
  description: '',
  durationMs: 3_600_000,
  seed: 'bench',
  services: SERVICES.map((id) => ({ id, letter: id[0].toUpperCase(), weightPercent: 100, checks: [] })),
  probing: { timeoutMs: 2000, maxBodyBytes: 65_536 },
  pay: {
    windowMs: WINDOW_MS,
    speedBands: [
      { upToMs: 20, cents: 10 },
      { upToMs: 50, cents: 7 },
      { upToMs: 200, cents: 3 },
      { upToMs: 1000, cents: 1 },
    ],
    failureCents: -10,
    downtime: { belowAvailabilityPercent: 90, minProbes: 2, cents: -100 },
    market: { ownPercent: 100, foreignPercent: 120, providerFeeCents: 2 },
  },
  load: [],
  timeline: [],
};

/**
 * Columns of one batch for the slot [DISORDER_MS, DISORDER_MS + SLOT_MS) after its base time: in order, except for some
 * results that are up to `DISORDER_MS` older. Latencies are log-normal around 20 ms, p99 near 100 ms.
 */
export function makeColumns(random, size) {
  const offsetMs = new Uint32Array(size);
  const latencyUs = new Uint32Array(size);
  const outcome = new Uint32Array(size);
  for (let i = 0; i < size; i++) {
    const inOrder = DISORDER_MS + Math.floor(((i + random.unit()) * SLOT_MS) / size);
    offsetMs[i] = random.unit() < DISORDER ? Math.floor(random.unit() * DISORDER_MS) : inOrder;
    const gauss = Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
    latencyUs[i] = Math.min(2_000_000, Math.round(20_000 * Math.exp(0.7 * gauss)));
    if (random.unit() >= FAILURES) continue;
    const kind = FAILURE_KINDS[Math.floor(random.unit() * FAILURE_KINDS.length)];
    outcome[i] = OUTCOME[kind];
    if (kind === 'timeout') latencyUs[i] = 2_000_000;
  }
  return { offsetMs, latencyUs, outcome };
}

/**
 * A stream of encoded batches. Each is copied from a pool of encoded batches, with team, seq, base time and watermark
 * overwritten, because encoding gigabytes from scratch would take longer than scoring them.
 */
export class BatchStream {
  #pool;
  #slot = 0;
  #arena = new Uint8Array(0);

  constructor(/** Number of teams. */ teams, /** Results per batch. */ size) {
    this.teams = teams;
    this.size = size;
    this.resultsPerSlot = teams * SERVICES.length * size;
    this.#pool = SERVICES.map((serviceId) =>
      Array.from({ length: POOL }, (_, i) => encodeTemplate(serviceId, `${serviceId}/${i}`, size)),
    );
  }

  /**
   * All batches of the next slot, ordered by team as in one log partition.
   * @returns {Uint8Array[]} views that are valid until the next call
   */
  next() {
    const slot = this.#slot++;
    const baseMs = STARTS_AT + slot * SLOT_MS;
    const chosen = [];
    let bytes = 0;
    for (let team = 0; team < this.teams; team++)
      for (let s = 0; s < SERVICES.length; s++) {
        const template = this.#pool[s][(team * 31 + slot) % POOL];
        // The first failures of a window have samples; later slots have none.
        chosen.push((team + slot) % SLOTS_PER_SECOND === 0 ? template.explained : template.plain);
        bytes += chosen[chosen.length - 1].bytes.length;
      }
    if (this.#arena.length < bytes) this.#arena = new Uint8Array(Math.ceil(bytes * 1.1));
    const arena = this.#arena;
    const out = new Array(chosen.length);
    let at = 0;
    for (let i = 0; i < chosen.length; i++) {
      const { bytes: template, fields } = chosen[i];
      arena.set(template, at);
      const team = Math.floor(i / SERVICES.length);
      for (const teamAt of fields.teams) writeDigits(arena, at + teamAt + 1, team);
      const seq = slot * SERVICES.length + (i % SERVICES.length);
      writeVarint(arena, at + fields.seq, seq, SEQ_BYTES);
      writeVarint(arena, at + fields.base, baseMs, TIME_BYTES);
      writeVarint(arena, at + fields.watermark, baseMs, TIME_BYTES);
      out[i] = arena.subarray(at, at + template.length);
      at += template.length;
    }
    return out;
  }
}

export function teamId(team) {
  return `t${String(team).padStart(5, '0')}`;
}

// Varints may be longer than necessary, so a fixed width fits every value. Current times take six bytes anyway.
const SEQ_BYTES = 4;
const TIME_BYTES = 6;

function encodeTemplate(serviceId, seed, size) {
  const random = randomStream('bench', seed);
  const columns = makeColumns(random, size);
  const failed = [...columns.outcome.keys()].filter((i) => columns.outcome[i] !== OUTCOME.ok);
  const samples = failed.slice(0, SAMPLES_PER_WINDOW).map((index) => ({
    index,
    checkId: 'quote',
    request: 'GET /quotes/sparkle?days=14',
    expected: 'status 200, json totalCents 144480',
    got: 'status 503, body "upstream connect error"',
  }));
  const encode = (explained) => {
    const bytes = encodeProbeBatch({
      gameId: 'game',
      teamId: teamId(0),
      role: 'consumer',
      serviceId,
      counterpartyId: teamId(0),
      proberId: 'prober-1',
      epoch: 1,
      seq: 2 ** (7 * SEQ_BYTES - 1),
      baseIntendedAtMs: STARTS_AT,
      ...columns,
      samples: explained ? samples : [],
      watermarkMs: STARTS_AT,
    });
    return { bytes, fields: findFields(bytes) };
  };
  return { plain: encode(false), explained: encode(true) };
}

/** The offsets of the overwritten values, found by walking the message's top-level fields. */
function findFields(bytes) {
  const fields = { teams: [], seq: 0, base: 0, watermark: 0 };
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const field = tag >>> 3;
    if ((tag & 7) === 2) {
      const length = varint();
      if (field === 2 || field === 5) fields.teams.push(at);
      at += length;
      continue;
    }
    if (field === 8) fields.seq = at;
    else if (field === 9) fields.base = at;
    else if (field === 14) fields.watermark = at;
    varint();
  }
  return fields;
}

function writeVarint(bytes, at, value, width) {
  for (let i = 0; i < width; i++) {
    bytes[at + i] = (value % 128) | (i < width - 1 ? 0x80 : 0);
    value = Math.floor(value / 128);
  }
}

function writeDigits(bytes, at, value) {
  for (let i = 4; i >= 0; i--) {
    bytes[at + i] = 48 + (value % 10);
    value = Math.floor(value / 10);
  }
}
