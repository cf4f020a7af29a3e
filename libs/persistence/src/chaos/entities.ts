import type { FaultInfo, FaultState } from '#contracts';
import { Column, Entity, PrimaryColumn, type ValueTransformer } from 'typeorm';

/** A fault with its whole life-cycle state; the store itself uses only these fields. */
export interface StoredFault {
  gameId: string;
  info: FaultInfo;
}

/**
 * JSON without NUL and lone surrogates (replaced by U+FFFD), which jsonb cannot store. Remote systems may report such text about a fault, and a value
 * that cannot be stored would block everything that is stored with it.
 */
export function jsonbText(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'string' ? member.replace(/[\0\p{Cs}]/gu, '\uFFFD') : member,
  );
}

const STORABLE: ValueTransformer = {
  to: (value: unknown) => JSON.parse(jsonbText(value)) as unknown,
  from: (value: unknown) => value,
};

@Entity('fault')
export class FaultEntity {
  @PrimaryColumn('text', { name: 'game_id' }) gameId!: string;
  @PrimaryColumn('text') id!: string;
  @Column('text', { name: 'team_id' }) teamId!: string;
  @Column('text') state!: FaultState;
  @Column('jsonb') fault!: StoredFault;
  @Column('int8', { name: 'updated_at' }) updatedAt!: number;
}

/** The outcome of one timeline entry of one game. */
@Entity('timeline_done')
export class TimelineEntryEntity {
  @PrimaryColumn('text', { name: 'game_id' }) gameId!: string;
  @PrimaryColumn('text', { name: 'entry_id' }) entryId!: string;
  @Column('text') outcome!: 'fired' | 'announced' | 'skipped';
  /** Why it was skipped or trimmed; may be empty. */
  @Column('text') detail!: string;
  /** Epoch ms. */
  @Column('int8') at!: number;
}

/** A game whose timeline is held. */
@Entity('timeline_held')
export class TimelineHoldEntity {
  @PrimaryColumn('text', { name: 'game_id' }) gameId!: string;
  @Column('int8', { name: 'since_at' }) sinceAt!: number;
}

/** A command that was executed. */
@Entity('chaos_command')
export class ChaosCommandEntity {
  @PrimaryColumn('text', { name: 'command_id' }) commandId!: string;
  /** Its position in the total order of all commands, from 1; some numbers may be missing. */
  @Column('int8') seq!: number;
  @Column('text') action!: string;
  /** Hash of the content: a command with the same id but another hash is a different command. */
  @Column('text') hash!: string;
  /** The response to its sender; null if the process died before it was known. */
  @Column('jsonb', { nullable: true, transformer: STORABLE }) result!: object | null;
  /** For operators only; never read. Epoch ms. */
  @Column('int8', { select: false }) at!: number;
}
