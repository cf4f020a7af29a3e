import type { AuditActor } from '#contracts';
import { Column, Entity, PrimaryColumn, type ValueTransformer } from 'typeorm';

export type { AuditActor };

export interface NewAuditEntry {
  /** Time of the action, epoch ms. */
  at: number;
  actor: AuditActor;
  /** The action, `<thing>.<past participle>`: `game.paused`, `token.revoked`, `fault.injected`. */
  action: string;
  /** The objects of the action, by kind: `{game: 'demo-1a2b', team: 'fenrir'}`. Queries filter the log by `game`. */
  subject: Record<string, string>;
  /** Further information: reasons, amounts, times. Plain JSON, never a secret. */
  details?: Record<string, unknown>;
}

const HEXADECIMAL: ValueTransformer = {
  to: (hex: string) => Buffer.from(hex, 'hex'),
  from: (bytes: Buffer) => bytes.toString('hex'),
};

/** One row of the log. `prevHash` and `hash` are 64 lower-case hexadecimal digits. */
@Entity('audit_log')
export class AuditEntity implements Required<NewAuditEntry> {
  /** 1, 2, 3 … without gaps, across all games. */
  @PrimaryColumn('int8') seq!: number;
  @Column('int8') at!: number;
  @Column('jsonb') actor!: AuditActor;
  @Column('text') action!: string;
  @Column('jsonb') subject!: Record<string, string>;
  @Column('jsonb') details!: Record<string, unknown>;
  /** `hash` of the previous entry; 64 zeros for the first one. */
  @Column('bytea', { name: 'prev_hash', transformer: HEXADECIMAL }) prevHash!: string;
  /** SHA-256 of the 32 bytes of `prevHash` followed by the canonical JSON (UTF-8) of all other fields except `hash`. */
  @Column('bytea', { transformer: HEXADECIMAL }) hash!: string;
}

export type AuditEntry = AuditEntity;
