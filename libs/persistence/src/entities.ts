import type { GameState, Scenario, TeamScore } from '#contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

export type TokenRole = 'facilitator' | 'team' | 'prober' | 'integration' | 'read-only';

/**
 * The tables that are read and written row by row. SQL writes the ledger, the checkpoint and the outbox in sets
 * (`ScorerStore`, `insertIntoOutbox`), where an entity would only be in the way. All times are epoch milliseconds.
 */
@Entity('game')
export class GameEntity {
  @PrimaryColumn('text') id!: string;
  @Column('text') name!: string;
  @Column('text') seed!: string;
  @Column('jsonb') scenario!: Scenario;
  /** `running` from the moment the game is scheduled; see `GameService`. */
  @Column('text') state!: GameState;
  @Column('int8', { name: 'starts_at', nullable: true }) startsAt!: number | null;
  @Column('int8', { name: 'ends_at', nullable: true }) endsAt!: number | null;
  /** Start of the open pause; null if there is none. */
  @Column('int8', { name: 'paused_at', nullable: true }) pausedAt!: number | null;
  @Column('int8', { name: 'created_at' }) createdAt!: number;
  /** When the ledger was closed. `state` stays `ended` until the last result is scored and becomes `sealed` then. */
  @Column('int8', { name: 'sealed_at', nullable: true }) sealedAt!: number | null;
  /** The boundary of the current freeze; a thaw sets it back to null, a reveal keeps it. */
  @Column('int8', { name: 'frozen_at', nullable: true }) frozenAt!: number | null;
  @Column('int8', { name: 'revealed_at', nullable: true }) revealedAt!: number | null;
  /** Whether the game was ever frozen: the schedule does not freeze a game again after a thaw. */
  @Column('boolean', { name: 'was_frozen', default: false }) wasFrozen!: boolean;
  /** The last heartbeat of the process that runs the game. */
  @Column('int8', { name: 'last_alive_at', nullable: true }) lastAliveAt!: number | null;
}

/** Windows in [fromAt, untilAt) do not score; `untilAt` is null while the pause is open. */
@Entity('game_pause')
export class GamePauseEntity {
  @PrimaryColumn('text', { name: 'game_id' }) gameId!: string;
  @PrimaryColumn('int4') seq!: number;
  @Column('int8', { name: 'from_at' }) fromAt!: number;
  @Column('int8', { name: 'until_at', nullable: true }) untilAt!: number | null;
  /** The pause compensates for an outage: it begins and ends automatically. */
  @Column('boolean', { default: false }) outage!: boolean;
}

@Entity('team')
export class TeamEntity {
  @PrimaryColumn('text', { name: 'game_id' }) gameId!: string;
  @PrimaryColumn('text') id!: string;
  @Column('text') name!: string;
  @Column('text') color!: string;
  @Column('boolean') ranked!: boolean;
  /** The token with which the team's services prove their owner (docs/adr/0023); null in games that predate proofs. */
  @Column('text', { nullable: true }) proof!: string | null;
}

@Entity('endpoint')
export class EndpointEntity {
  @PrimaryColumn('text', { name: 'game_id' }) gameId!: string;
  @PrimaryColumn('text', { name: 'team_id' }) teamId!: string;
  @PrimaryColumn('text', { name: 'service_id' }) serviceId!: string;
  @Column('text') url!: string;
}

@Entity('api_token')
export class ApiTokenEntity {
  @PrimaryColumn('text') id!: string;
  /** SHA-256 of the secret; the secret itself is never stored. */
  @Column('bytea') sha256!: Buffer;
  @Column('text') role!: TokenRole;
  @Column('text', { name: 'game_id', nullable: true }) gameId!: string | null;
  @Column('text', { name: 'team_id', nullable: true }) teamId!: string | null;
  @Column('text') label!: string;
  @Column('int8', { name: 'created_at' }) createdAt!: number;
  /** The token is invalid from this time on; null: it does not expire. */
  @Column('int8', { name: 'expires_at', nullable: true }) expiresAt!: number | null;
  @Column('int8', { name: 'revoked_at', nullable: true }) revokedAt!: number | null;
}

@Entity('team_score')
export class TeamScoreEntity {
  @PrimaryColumn('text', { name: 'game_id' }) gameId!: string;
  @PrimaryColumn('text', { name: 'team_id' }) teamId!: string;
  @Column('int8', { name: 'salary_cents' }) salaryCents!: number;
  @Column('int8', { name: 'commit_seq' }) commitSeq!: number;
  @Column('jsonb') score!: TeamScore;
}

export const ENTITIES = [
  GameEntity,
  GamePauseEntity,
  TeamEntity,
  EndpointEntity,
  ApiTokenEntity,
  TeamScoreEntity,
];
