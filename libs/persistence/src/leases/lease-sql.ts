import type { Statement } from '../dedicated-connection.js';

export const LEASE_CHANNEL = 'payday_lease';

/** Counts from the server's receipt of the statement, so time spent waiting for a lock does not extend the lease. */
const AFTER = (ms: string): string => `statement_timestamp() + ${ms} * interval '1 millisecond'`;

/** An expired member that renews joins anew, behind the others. */
export const STAY: Statement = {
  name: 'lease_stay',
  text: `INSERT INTO group_member AS m (topic, group_id, member, joined_at, until_at)
         VALUES ($1, $2, $3, statement_timestamp(), ${AFTER('$4::float8')})
         ON CONFLICT (topic, group_id, member) DO UPDATE
         SET until_at = excluded.until_at,
             joined_at = CASE WHEN m.until_at <= statement_timestamp() THEN excluded.joined_at ELSE m.joined_at END
         RETURNING joined_at = statement_timestamp() AS joined`,
};

/** Also deletes members that expired long ago. */
export const LEAVE: Statement = {
  name: 'lease_leave',
  text: `DELETE FROM group_member
         WHERE (topic = $1 AND group_id = $2 AND member = $3) OR until_at < clock_timestamp() - interval '1 hour'
         RETURNING member`,
};

export const RENEW: Statement = {
  name: 'lease_renew',
  text: `UPDATE partition_lease SET until_at = ${AFTER('$5::float8')}
         WHERE topic = $1 AND group_id = $2 AND owner = $3 AND partition = ANY ($4::int4[])`,
};

export const MEMBERS: Statement = {
  name: 'lease_members',
  text: `SELECT member FROM group_member
         WHERE topic = $1 AND group_id = $2 AND until_at > clock_timestamp()
         ORDER BY joined_at, member`,
};

export const LEASES: Statement = {
  name: 'lease_leases',
  text: `SELECT partition, owner, ends_in_ms AS "endsInMs"
         FROM (SELECT partition, owner, extract(epoch FROM until_at - clock_timestamp())::float8 * 1000 AS ends_in_ms
               FROM partition_lease WHERE topic = $1 AND group_id = $2) AS l
         WHERE ends_in_ms > 0
         ORDER BY partition`,
};

/** PostgreSQL evaluates the condition on the locked row, so exactly one of several concurrent requests succeeds. */
export const ACQUIRE: Statement = {
  name: 'lease_acquire',
  text: `INSERT INTO partition_lease AS l (topic, group_id, partition, owner, until_at)
         SELECT $1, $2, partition, $3, ${AFTER('$5::float8')} FROM unnest($4::int4[]) AS wanted (partition)
         ORDER BY partition
         ON CONFLICT (topic, group_id, partition) DO UPDATE SET owner = excluded.owner, until_at = excluded.until_at
         WHERE l.owner = excluded.owner OR l.until_at <= clock_timestamp()
         RETURNING partition`,
};

export const RELEASE: Statement = {
  name: 'lease_release',
  text: `DELETE FROM partition_lease
         WHERE topic = $1 AND group_id = $2 AND owner = $3 AND partition = ANY ($4::int4[])
         RETURNING partition`,
};

export const NOTIFY: Statement = { name: 'lease_notify', text: `SELECT pg_notify('${LEASE_CHANNEL}', $1)` };
