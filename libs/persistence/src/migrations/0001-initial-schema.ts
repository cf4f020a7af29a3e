import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Every table of the first version. Times are epoch milliseconds, money is integer cents. */
export class InitialSchema1700000000000 implements MigrationInterface {
  readonly name = 'InitialSchema1700000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...GAMES, ...EVENTS, ...SCORES]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE window_state, scorer_checkpoint, team_score, ledger, event_sequence, outbox,
      api_token, endpoint, team, game_pause, game`);
  }
}

const GAMES = [
  `CREATE TABLE game (
     id text PRIMARY KEY,
     name text NOT NULL,
     seed text NOT NULL,
     scenario jsonb NOT NULL,
     state text NOT NULL CHECK (state IN ('lobby', 'running', 'paused', 'ended', 'sealed')),
     starts_at int8,
     ends_at int8,
     paused_at int8,
     created_at int8 NOT NULL,
     sealed_at int8,
     last_alive_at int8
   ) WITH (fillfactor = 70)`,
  `CREATE TABLE game_pause (
     game_id text NOT NULL REFERENCES game,
     seq int4 NOT NULL,
     from_at int8 NOT NULL,
     until_at int8 CHECK (until_at >= from_at),
     PRIMARY KEY (game_id, seq)
   )`,
  // At most one pause of a game is open.
  `CREATE UNIQUE INDEX game_pause_open ON game_pause (game_id) WHERE until_at IS NULL`,
  `CREATE TABLE team (
     game_id text NOT NULL REFERENCES game,
     id text NOT NULL,
     name text NOT NULL,
     color text NOT NULL,
     ranked boolean NOT NULL,
     PRIMARY KEY (game_id, id)
   )`,
  `CREATE TABLE endpoint (
     game_id text NOT NULL,
     team_id text NOT NULL,
     service_id text NOT NULL,
     url text NOT NULL,
     PRIMARY KEY (game_id, team_id, service_id),
     FOREIGN KEY (game_id, team_id) REFERENCES team
   )`,
  `CREATE TABLE api_token (
     id text PRIMARY KEY,
     sha256 bytea NOT NULL UNIQUE,
     role text NOT NULL CHECK (role IN ('facilitator', 'team', 'prober', 'integration', 'read-only')),
     game_id text,
     team_id text,
     label text NOT NULL,
     created_at int8 NOT NULL,
     revoked_at int8
   )`,
];

const EVENTS = [
  `CREATE TABLE outbox (
     id bigserial PRIMARY KEY,
     topic text NOT NULL,
     key text NOT NULL,
     value bytea NOT NULL,
     headers jsonb NOT NULL,
     created_at int8 NOT NULL
   ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500)`,
  `CREATE TABLE event_sequence (
     source text NOT NULL,
     subject text NOT NULL,
     last int8 NOT NULL,
     PRIMARY KEY (source, subject)
   ) WITH (fillfactor = 70)`,
];

const SCORES = [
  // No index except the key, and free space on each page: rewriting the rows of an open window touches no index (HOT updates).
  `CREATE TABLE ledger (
     game_id text NOT NULL,
     team_id text NOT NULL,
     window_index int4 NOT NULL,
     service_id text NOT NULL,
     reason text NOT NULL,
     counterparty text NOT NULL,
     window_start_at int8 NOT NULL,
     count int8 NOT NULL,
     cents int8 NOT NULL,
     histogram bytea,
     samples jsonb NOT NULL,
     note text NOT NULL,
     commit_seq int8 NOT NULL,
     PRIMARY KEY (game_id, team_id, window_index, service_id, reason, counterparty)
   ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)`,
  `CREATE TABLE team_score (
     game_id text NOT NULL,
     team_id text NOT NULL,
     salary_cents int8 NOT NULL,
     commit_seq int8 NOT NULL,
     score jsonb NOT NULL,
     PRIMARY KEY (game_id, team_id)
   ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)`,
  `CREATE TABLE scorer_checkpoint (
     partition int4 PRIMARY KEY,
     fencing_epoch int8 NOT NULL,
     commit_seq int8 NOT NULL,
     positions jsonb NOT NULL,
     state bytea,
     updated_at timestamptz NOT NULL
   ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100,
           toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 1000)`,
  // Written ten times a second and read once per start, so compression would not pay off.
  `ALTER TABLE scorer_checkpoint ALTER COLUMN state SET STORAGE EXTERNAL`,
  `CREATE TABLE window_state (
     partition int4 NOT NULL,
     key text NOT NULL,
     window_index int4 NOT NULL,
     state bytea NOT NULL,
     PRIMARY KEY (partition, key, window_index)
   )`,
  `ALTER TABLE window_state ALTER COLUMN state SET STORAGE EXTERNAL`,
];
