import type { AuditActor } from '#persistence';
import type { Principal } from '#runtime';

/** The actor of a change, for the audit log. */
export function actorOf({ tokenId, role, label }: Principal): AuditActor {
  return { tokenId, role, label: label ?? '' };
}

/** Payday itself. @param part the part that acts: `schedule`, `launcher`, `command line` */
export function systemActor(part: string): AuditActor {
  return { tokenId: null, role: 'system', label: part };
}
