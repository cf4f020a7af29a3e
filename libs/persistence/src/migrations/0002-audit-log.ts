import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The audit log (`AuditEntry`). It is append-only: the database itself refuses every other change. */
export class AuditLog1700000200000 implements MigrationInterface {
  readonly name = 'AuditLog1700000200000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE audit_log');
    await runner.query('DROP FUNCTION audit_log_is_append_only');
  }
}

const STATEMENTS = [
  `CREATE TABLE audit_log (
     seq int8 PRIMARY KEY CHECK (seq > 0),
     at int8 NOT NULL,
     actor jsonb NOT NULL,
     action text NOT NULL,
     subject jsonb NOT NULL,
     details jsonb NOT NULL,
     prev_hash bytea NOT NULL CHECK (length(prev_hash) = 32),
     hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32)
   )`,
  `CREATE INDEX audit_log_game ON audit_log ((subject ->> 'game'), seq)`,
  `CREATE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     RAISE EXCEPTION 'audit_log is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
   END $$`,
  `CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
   FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only()`,
];
