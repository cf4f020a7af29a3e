import { randomUUID } from 'node:crypto';
import { type CloudEvent, encodeCloudEvent } from '#contracts';
import { PaydayError } from '#kernel';
import type { EntityManager } from 'typeorm';

/** An event without its sequence number. */
export type NewEvent<Type extends string = string, Data = unknown> = Pick<
  CloudEvent<Type, Data>,
  'type' | 'source' | 'subject' | 'time' | 'data'
>;

/** The notification channel on which a committed insert wakes the relay. */
export const OUTBOX_CHANNEL = 'payday_outbox';

/** Size of key, value and headers that every event log accepts. */
const MAX_RECORD_BYTES = 1_000_000;

/**
 * Inserts events into the outbox within the caller's transaction: they are published if and only if it commits.
 *
 * Numbering locks the (source, subject) row until the transaction ends, so the events of one subject have gapless sequence
 * numbers, and outbox ids in the same order.
 * @throws PaydayError `payload_too_large` for an event that no log accepts, because it would block all later events.
 */
export async function insertIntoOutbox(
  manager: EntityManager,
  topic: string,
  events: readonly NewEvent[],
): Promise<CloudEvent[]> {
  const numbered: CloudEvent[] = [];
  for (const event of events) {
    const [row] = await manager.query<{ last: number }[]>(
      `INSERT INTO event_sequence AS s (source, subject, last) VALUES ($1, $2, 1)
       ON CONFLICT (source, subject) DO UPDATE SET last = s.last + 1 RETURNING last`,
      [event.source, event.subject],
    );
    numbered.push({ ...event, id: randomUUID(), sequence: row!.last });
  }
  if (numbered.length === 0) return numbered;
  const encoded = numbered.map((event) => encodeCloudEvent(event));
  encoded.forEach(({ key, value, headers }, i) => {
    const bytes = value.length + Buffer.byteLength(key + Object.entries(headers).flat().join(''));
    if (bytes > MAX_RECORD_BYTES)
      throw new PaydayError(
        'payload_too_large',
        `The event ${numbered[i]!.type} has ${bytes} bytes; the maximum is ${MAX_RECORD_BYTES}.`,
      );
  });
  await manager.query(
    `INSERT INTO outbox (topic, key, value, headers, created_at)
     SELECT $1, key, value, headers::jsonb, created_at
     FROM unnest($2::text[], $3::bytea[], $4::text[], $5::int8[]) WITH ORDINALITY
          AS n (key, value, headers, created_at, position)
     ORDER BY position`,
    [
      topic,
      encoded.map((e) => e.key),
      encoded.map((e) => Buffer.from(e.value)),
      encoded.map((e) => JSON.stringify(e.headers)),
      numbered.map((e) => e.time),
    ],
  );
  await manager.query(`SELECT pg_notify('${OUTBOX_CHANNEL}', '')`);
  return numbered;
}
