import type { TimelineEntry } from '#contracts';
import type { Fault } from '#faults';
import type { Actor } from '../commands/types.js';
import type { AuditNote, DoneEntry, NewEvent } from '../store/store.js';

/** The actor of a timeline's own actions in the audit log. */
const TIMELINE: Actor = { tokenId: null, role: 'system', label: 'timeline' };

/** The event that publishes an announcement. @param time epoch ms */
export function announcementOf(
  gameId: string,
  { id, text, pictureUrl, videoUrl }: Extract<TimelineEntry, { type: 'announcement' }>,
  time: number,
): NewEvent {
  const data = {
    announcementId: id,
    text,
    ...(pictureUrl === undefined ? {} : { pictureUrl }),
    ...(videoUrl === undefined ? {} : { videoUrl }),
  };
  return { gameId, type: 'dev.payday.announcement.made', time, data };
}

/** The audit entry of a timeline entry that is done. @param lateMs game time since it was due */
export function auditOf(done: DoneEntry, faults: readonly Fault[], lateMs: number): AuditNote {
  const { gameId, entryId, outcome, detail, at } = done;
  const details: Record<string, unknown> = {};
  if (detail !== '') details['reason'] = detail;
  const [first] = faults;
  if (first !== undefined) {
    details['kind'] = first.info.kind;
    details['service'] = first.info.serviceId;
    details['ttlMs'] = first.ttlMs;
    details['teamIds'] = faults.map(({ info }) => info.teamId);
  }
  if (lateMs > 0) details['lateMs'] = lateMs;
  return {
    at,
    actor: TIMELINE,
    action: `timeline.${outcome}`,
    subject: { game: gameId, entry: entryId },
    details,
  };
}
