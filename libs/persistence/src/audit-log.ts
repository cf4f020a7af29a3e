import { createHash } from 'node:crypto';
import type { AuditActor, AuditEntry } from '#contracts';
import { PaydayError } from '#kernel';
import type { DataSource, EntityManager } from 'typeorm';
import { ADVISORY_LOCKS } from './advisory-locks.js';
import { canonicalJson } from './canonical-json.js';

export type { AuditActor, AuditEntry };

export interface NewAuditEntry {
  /** When it was done, epoch ms. */
  at: number;
  actor: AuditActor;
  /** What was done, `<thing>.<past participle>`: `game.paused`, `token.revoked`, `fault.injected`. */
  action: string;
  /** What it was done to, by kind of thing: `{game: 'demo-1a2b', team: 'fenrir'}`. `game` is what the log is searched by. */
  subject: Record<string, string>;
  /** Whatever explains it: reasons, amounts, times. Plain JSON, never a secret. */
  details?: Record<string, unknown>;
}

/**
 * Adds to the audit log within the caller's transaction: what is done and that it was done are stored together or not at all.
 *
 * Entries have one total order, over all processes on the database: a lock, held until the transaction ends, lets one writer
 * in after the other. So call it **last** in the transaction, when every other lock is held already, and keep to READ COMMITTED
 * (the default), for the entry before must be visible.
 * @throws PaydayError `not_json` if `details` hold what JSON can't.
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

/**
 * The hash of an entry: SHA-256 over the 32 bytes of `prevHash`, then the UTF-8 of the canonical JSON of all other fields
 * (docs/audit-log.md has it in Python). @param prevHash hexadecimal
 */
export function auditHash(prevHash: string, entry: Omit<AuditEntry, 'prevHash' | 'hash'>): string {
  const { seq, at, actor, action, subject, details } = entry;
  return createHash('sha256')
    .update(Buffer.from(prevHash, 'hex'))
    .update(canonicalJson({ seq, at, actor, action, subject, details }))
    .digest('hex');
}

export const FIRST_PREV_HASH = '0'.repeat(64);

/** A token's secret (`TokenStore`), wherever somebody may have typed it. */
const SECRET = /pd_[A-Za-z0-9_-]{43}/g;

/** As the database gives it back, so that the hash of what is read is the hash of what was written. */
function storable(entry: NewAuditEntry): Required<NewAuditEntry> {
  if (!Number.isSafeInteger(entry.at))
    throw new PaydayError('not_json', `at ${entry.at} is no whole number of milliseconds`);
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
  // jsonb holds neither NUL nor half a character.
  return Buffer.from(text.replaceAll('\0', '\uFFFD').replace(SECRET, 'pd_…')).toString();
}

export interface AuditQuery {
  /** Entries about one game. */
  gameId?: string;
  /** Entries with a smaller number. */
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

/** All entries in order, from one snapshot, through a server-side cursor: the memory it takes does not grow. */
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
    await runner.query('ROLLBACK').catch(() => undefined); // It only read: a lost connection loses nothing.
    await runner.release();
  }
}

export interface AuditChainReport {
  intact: boolean;
  /** Entries that follow from each other, from the first on. */
  entries: number;
  /** The last of them: noted elsewhere, it also shows later that nothing was cut off behind it. Null if there is none. */
  head: { seq: number; at: number; hash: string } | null;
  /** The first entry that does not fit; null if the chain is intact. */
  broken: { seq: number; why: 'gap' | 'prev_hash' | 'hash'; detail: string } | null;
}

/** Reads the whole log and checks that each entry follows from the one before. */
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
      detail: `entry ${expectedSeq} is missing: behind ${expectedSeq - 1} comes ${seq}`,
    };
  const expectedPrev = before?.hash ?? FIRST_PREV_HASH;
  if (prevHash !== expectedPrev)
    return {
      seq,
      why: 'prev_hash',
      detail: `it follows ${prevHash}, but the entry before has ${expectedPrev}`,
    };
  const computed = auditHash(prevHash, entry);
  if (hash !== computed)
    return { seq, why: 'hash', detail: `its content has the hash ${computed}, stored is ${hash}` };
  return null;
}
