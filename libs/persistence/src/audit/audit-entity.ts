import { Column, Entity, PrimaryColumn, type ValueTransformer } from 'typeorm';
import type { AuditActor, AuditEntry } from './audit-log.js';

const HEXADECIMAL: ValueTransformer = {
  to: (hex: string) => Buffer.from(hex, 'hex'),
  from: (bytes: Buffer) => bytes.toString('hex'),
};

@Entity('audit_log')
export class AuditEntity implements AuditEntry {
  @PrimaryColumn('int8') seq!: number;
  @Column('int8') at!: number;
  @Column('jsonb') actor!: AuditActor;
  @Column('text') action!: string;
  @Column('jsonb') subject!: Record<string, string>;
  @Column('jsonb') details!: Record<string, unknown>;
  @Column('bytea', { name: 'prev_hash', transformer: HEXADECIMAL }) prevHash!: string;
  @Column('bytea', { transformer: HEXADECIMAL }) hash!: string;
}
