import type { DataSource } from 'typeorm';
import type { AuditEntry } from './audit-entry.js';
import { FIRST_PREV_HASH, auditHash } from './audit-hash.js';
import { streamAudit } from './audit-log.js';

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
