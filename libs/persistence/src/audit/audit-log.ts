import { PaydayError } from '#kernel';
import type { DataSource, EntityManager } from 'typeorm';
import { ADVISORY_LOCKS } from '../advisory-locks.js';
import { Snapshot } from '../snapshot.js';
import { FIRST_PREV_HASH, auditHash } from './audit-hash.js';
import { AuditEntity, type AuditEntry, type NewAuditEntry } from './audit-entry.js';
import { canonicalJson } from './canonical-json.js';

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
  const [last] = await manager.find(AuditEntity, {
    select: { seq: true, hash: true },
    order: { seq: 'DESC' },
    take: 1,
  });
  const prevHash = last?.hash ?? FIRST_PREV_HASH;
  const fields = { seq: (last?.seq ?? 0) + 1, at, actor, action, subject, details };
  const entry = { ...fields, prevHash, hash: auditHash(prevHash, fields) };
  await manager.insert(AuditEntity, { ...entry, details: details as object });
  return entry;
}

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
  const { gameId, beforeSeq, limit } = query;
  const select = dataSource.manager
    .createQueryBuilder(AuditEntity, 'entry')
    .orderBy('entry.seq', 'DESC')
    .limit(limit);
  if (gameId !== undefined) select.andWhere(`entry.subject ->> 'game' = :gameId`, { gameId });
  if (beforeSeq !== undefined) select.andWhere('entry.seq < :beforeSeq', { beforeSeq });
  return select.getMany();
}

/** All entries in order, from one snapshot, read through a server-side cursor in constant memory. */
export async function* streamAudit(
  dataSource: DataSource,
  filter: { gameId?: string } = {},
): AsyncGenerator<AuditEntry, void, undefined> {
  const snapshot = await Snapshot.open(dataSource);
  try {
    yield* snapshot.stream<AuditEntry>(
      `SELECT seq, at, actor, action, subject, details,
         encode(prev_hash, 'hex') AS "prevHash", encode(hash, 'hex') AS hash
       FROM audit_log WHERE ($1::text IS NULL OR subject ->> 'game' = $1) ORDER BY seq`,
      [filter.gameId ?? null],
    );
  } finally {
    await snapshot.close();
  }
}
