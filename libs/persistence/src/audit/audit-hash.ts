import { createHash } from 'node:crypto';
import type { AuditEntry } from './audit-entry.js';
import { canonicalJson } from './canonical-json.js';

/** The hash of an entry (see `AuditEntry.hash`; docs/audit-log.md has a Python version). @param prevHash hexadecimal */
export function auditHash(prevHash: string, entry: Omit<AuditEntry, 'prevHash' | 'hash'>): string {
  const { seq, at, actor, action, subject, details } = entry;
  return createHash('sha256')
    .update(Buffer.from(prevHash, 'hex'))
    .update(canonicalJson({ seq, at, actor, action, subject, details }))
    .digest('hex');
}

export const FIRST_PREV_HASH = '0'.repeat(64);
