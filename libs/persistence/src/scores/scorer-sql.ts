import type { Statement } from '../dedicated-connection.js';

export const CLAIM: Statement = {
  name: 'scorer_claim',
  text: `INSERT INTO scorer_checkpoint AS c (partition, fencing_epoch, commit_seq, positions, state, updated_at)
         VALUES ($1, 1, 0, '{}', NULL, now())
         ON CONFLICT (partition) DO UPDATE SET fencing_epoch = c.fencing_epoch + 1, updated_at = now()
         RETURNING fencing_epoch AS "fencingEpoch", commit_seq AS "commitSeq", positions, state`,
};

/** The fencing check of a commit: updates one row, or none if the caller is fenced. The row stays locked until the commit. */
export const ADVANCE: Statement = {
  name: 'scorer_advance',
  text: `UPDATE scorer_checkpoint SET commit_seq = $3::int8, positions = $4::jsonb, state = $5, updated_at = now()
         WHERE partition = $1 AND fencing_epoch = $2 AND commit_seq = $3::int8 - 1
         RETURNING partition`,
};

export const ALREADY_COMMITTED: Statement = {
  name: 'scorer_already_committed',
  text: `SELECT 1 FROM scorer_checkpoint WHERE partition = $1 AND fencing_epoch = $2 AND commit_seq = $3::int8`,
};

export const DELETE_LEDGER: Statement = {
  name: 'scorer_delete_ledger',
  text: `DELETE FROM ledger l
         USING unnest($1::text[], $2::text[], $3::int4[], $4::text[], $5::text[], $6::text[])
               AS d (game_id, team_id, window_index, service_id, reason, counterparty)
         WHERE l.game_id = d.game_id AND l.team_id = d.team_id AND l.window_index = d.window_index
           AND l.service_id = d.service_id AND l.reason = d.reason AND l.counterparty = d.counterparty`,
};

export const UPSERT_LEDGER: Statement = {
  name: 'scorer_upsert_ledger',
  text: `INSERT INTO ledger (game_id, team_id, window_index, service_id, reason, counterparty, window_start_at,
                             count, cents, histogram, samples, note, commit_seq)
         SELECT game_id, team_id, window_index, service_id, reason, counterparty, window_start_at,
                count, cents, histogram, samples::jsonb, note, $13::int8
         FROM unnest($1::text[], $2::text[], $3::int4[], $4::text[], $5::text[], $6::text[], $7::int8[],
                     $8::int8[], $9::int8[], $10::bytea[], $11::text[], $12::text[])
              AS n (game_id, team_id, window_index, service_id, reason, counterparty, window_start_at,
                    count, cents, histogram, samples, note)
         ON CONFLICT (game_id, team_id, window_index, service_id, reason, counterparty) DO UPDATE
         SET window_start_at = excluded.window_start_at, count = excluded.count, cents = excluded.cents,
             histogram = excluded.histogram, samples = excluded.samples, note = excluded.note,
             commit_seq = excluded.commit_seq`,
};

export const UPSERT_SCORES: Statement = {
  name: 'scorer_upsert_scores',
  text: `INSERT INTO team_score (game_id, team_id, salary_cents, score, commit_seq)
         SELECT game_id, team_id, salary_cents, score::jsonb, $5::int8
         FROM unnest($1::text[], $2::text[], $3::int8[], $4::text[]) AS n (game_id, team_id, salary_cents, score)
         ON CONFLICT (game_id, team_id) DO UPDATE
         SET salary_cents = excluded.salary_cents, score = excluded.score, commit_seq = excluded.commit_seq`,
};

export const UPSERT_WINDOWS: Statement = {
  name: 'scorer_upsert_windows',
  text: `INSERT INTO window_state (partition, key, window_index, state)
         SELECT $1::int4, key, window_index, state
         FROM unnest($2::text[], $3::int4[], $4::bytea[]) AS n (key, window_index, state)
         ON CONFLICT (partition, key, window_index) DO UPDATE SET state = excluded.state`,
};

export const LOAD_WINDOWS: Statement = {
  name: 'scorer_load_windows',
  text: `SELECT w.key, w.window_index AS "windowIndex", w.state
         FROM window_state w
         JOIN unnest($2::text[], $3::int4[]) AS k (key, window_index)
           ON w.key = k.key AND w.window_index = k.window_index
         WHERE w.partition = $1`,
};

export const LOAD_SCORES: Statement = {
  name: 'scorer_load_scores',
  text: `SELECT score FROM team_score WHERE game_id = $1 ORDER BY team_id`,
};
