import type { AuditActor } from '#persistence';
import type { Principal } from '#runtime';

/** Who does it, for the audit log. */
export function actorOf({ tokenId, role, label }: Principal): AuditActor {
  return { tokenId, role, label: label ?? '' };
}

/** Payday itself. @param part which part of it: `schedule`, `launcher`, `command line` */
export function systemActor(part: string): AuditActor {
  return { tokenId: null, role: 'system', label: part };
}
