import { createHash } from 'node:crypto';
import { PaydayError } from '#kernel';
import type { DataSource, EntityManager } from 'typeorm';
import { ADVISORY_LOCKS } from './advisory-locks.js';
import { canonicalJson } from './canonical-json.js';
import type { TokenRole } from './entities.js';

/** The author of an entry: a token, or Payday itself (the schedule, the launcher, the command line), which has no token. */
export interface AuditActor {
  tokenId: string | null;
  role: TokenRole | 'system';
  /** Human-readable: the token's label, or the part of Payday that acted. */
  label: string;
}

export interface NewAuditEntry {
  /** Time of the action, epoch ms. */
  at: number;
  actor: AuditActor;
  /** The action, `<thing>.<past participle>`: `game.paused`, `token.revoked`, `fault.injected`. */
  action: string;
  /** The objects of the action, by kind: `{game: 'demo-1a2b', team: 'fenrir'}`. Queries filter the log by `game`. */
  subject: Record<string, string>;
  /** Further information: reasons, amounts, times. Plain JSON, never a secret. */
  details?: Record<string, unknown>;
}

/** One row of the log. `prevHash` and `hash` are 64 lower-case hexadecimal digits. */
export interface AuditEntry extends Required<NewAuditEntry> {
  /** 1, 2, 3 … without gaps, across all games. */
  seq: number;
  /** `hash` of the previous entry; 64 zeros for the first one. */
  prevHash: string;
  /** SHA-256 of the 32 bytes of `prevHash` followed by the canonical JSON (UTF-8) of all other fields except `hash`. */
  hash: string;
}

/**
 * Appends to the audit log within the caller's transaction, so a change and its entry are stored together or not at all.
 *
 * Entries have one total order across all processes on the database, because a lock that is held until the transaction ends
 * serializes the writers. Therefore call this **last** in the transaction, after acquiring every other lock, and use
 * READ COMMITTED (the default), because the previous entry must be visible.
 * @throws PaydayError `not_json` if `details` contains a value that JSON cannot represent.
 */
export async function appendAudit(manager: EntityManager, wanted: NewAuditEntry): Promise<AuditEntry> {
  const { at, actor, action, subject, details } = storable(wanted);
  await manager.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.auditLog]);
  const [last] = await manager.query<{ seq: number; hash: string }[]>(
    `SELECT seq, encode(hash, 'hex') AS hash FROM audit_log ORDER BY seq DESC LIMIT 1`,
  );
  const prevHash = last?.hash ?? FIRST_PREV_HASH;
  const fields = { seq: (last?.seq ?? 0) + 1, at, actor, action, subject, details };
  const entry = { ...fields, prevHash, hash: auditHash(prevHash, fields) };
  await manager.query(
    `INSERT INTO audit_log (seq, at, actor, action, subject, details, prev_hash, hash)
     VALUES ($1, $2, $3, $4, $5, $6, decode($7, 'hex'), decode($8, 'hex'))`,
    [
      entry.seq,
      at,
      JSON.stringify(actor),
      action,
      JSON.stringify(subject),
      JSON.stringify(details),
      entry.prevHash,
      entry.hash,
    ],
  );
  return entry;
}

/** The hash of an entry (see `AuditEntry.hash`; docs/audit-log.md has a Python version). @param prevHash hexadecimal */
export function auditHash(prevHash: string, entry: Omit<AuditEntry, 'prevHash' | 'hash'>): string {
  const { seq, at, actor, action, subject, details } = entry;
  return createHash('sha256')
    .update(Buffer.from(prevHash, 'hex'))
    .update(canonicalJson({ seq, at, actor, action, subject, details }))
    .digest('hex');
}

export const FIRST_PREV_HASH = '0'.repeat(64);

/** A token's secret (`TokenStore`), which someone may have pasted into any text. */
const SECRET = /pd_[A-Za-z0-9_-]{43}/g;

/** The entry exactly as the database will return it, so that the hash can be verified after reading. */
function storable(entry: NewAuditEntry): Required<NewAuditEntry> {
  if (!Number.isSafeInteger(entry.at))
    throw new PaydayError('not_json', `at ${entry.at} is not a whole number of milliseconds`);
  const text = canonicalJson({ ...entry, details: entry.details ?? {} });
  return clean(JSON.parse(text)) as Required<NewAuditEntry>;
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [cleanText(key), clean(member)]));
}

function cleanText(text: string): string {
  // jsonb can store neither NUL nor lone surrogates.
  return Buffer.from(text.replaceAll('\0', '\uFFFD').replace(SECRET, 'pd_…')).toString();
}

export interface AuditQuery {
  /** Only entries about this game. */
  gameId?: string;
  /** Only entries with a smaller `seq`. */
  beforeSeq?: number;
  /** ≥ 1 */
  limit: number;
}

/** Entries, newest first. */
export async function readAudit(dataSource: DataSource, query: AuditQuery): Promise<AuditEntry[]> {
  return dataSource.query<AuditEntry[]>(
    `SELECT ${COLUMNS} FROM audit_log
     WHERE ($1::text IS NULL OR subject ->> 'game' = $1) AND ($2::int8 IS NULL OR seq < $2)
     ORDER BY seq DESC LIMIT $3`,
    [query.gameId ?? null, query.beforeSeq ?? null, query.limit],
  );
}

const COLUMNS = `seq, at, actor, action, subject, details,
  encode(prev_hash, 'hex') AS "prevHash", encode(hash, 'hex') AS hash`;
const FETCH_ROWS = 1000;

/** All entries in order, from one snapshot, read through a server-side cursor in constant memory. */
export async function* streamAudit(
  dataSource: DataSource,
  filter: { gameId?: string } = {},
): AsyncGenerator<AuditEntry, void, undefined> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.connect();
    await runner.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await runner.query(
      `DECLARE audit_stream NO SCROLL CURSOR FOR SELECT ${COLUMNS} FROM audit_log
       WHERE ($1::text IS NULL OR subject ->> 'game' = $1) ORDER BY seq`,
      [filter.gameId ?? null],
    );
    for (;;) {
      const rows = (await runner.query(`FETCH ${FETCH_ROWS} FROM audit_stream`)) as AuditEntry[];
      if (rows.length === 0) return;
      yield* rows;
    }
  } finally {
    await runner.query('ROLLBACK').catch(() => undefined); // Read-only: a lost connection loses nothing.
    await runner.release();
  }
}

export interface AuditChainReport {
  intact: boolean;
  /** Number of entries, from the first on, that form an unbroken chain. */
  entries: number;
  /** The last of them; null if there is none. A copy kept elsewhere later proves that the end was not truncated. */
  head: { seq: number; at: number; hash: string } | null;
  /** The first entry that breaks the chain; null if the chain is intact. */
  broken: { seq: number; why: 'gap' | 'prev_hash' | 'hash'; detail: string } | null;
}

/** Reads the whole log and checks that each entry follows from the previous one. */
export async function verifyAuditChain(dataSource: DataSource): Promise<AuditChainReport> {
  let head: AuditChainReport['head'] = null;
  let entries = 0;
  for await (const entry of streamAudit(dataSource)) {
    const broken = misfit(head, entry);
    if (broken !== null) return { intact: false, entries, head, broken };
    head = { seq: entry.seq, at: entry.at, hash: entry.hash };
    entries += 1;
  }
  return { intact: true, entries, head, broken: null };
}

function misfit(before: AuditChainReport['head'], entry: AuditEntry): AuditChainReport['broken'] {
  const { seq, prevHash, hash } = entry;
  const expectedSeq = (before?.seq ?? 0) + 1;
  if (seq !== expectedSeq)
    return {
      seq,
      why: 'gap',
      detail: `entry ${expectedSeq} is missing: ${expectedSeq - 1} is followed by ${seq}`,
    };
  const expectedPrev = before?.hash ?? FIRST_PREV_HASH;
  if (prevHash !== expectedPrev)
    return {
      seq,
      why: 'prev_hash',
      detail: `it refers to ${prevHash}, but the previous entry has the hash ${expectedPrev}`,
    };
  const computed = auditHash(prevHash, entry);
  if (hash !== computed)
    return { seq, why: 'hash', detail: `its content has the hash ${computed}, but ${hash} is stored` };
  return null;
}
