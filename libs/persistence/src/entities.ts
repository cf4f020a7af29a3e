import type { GameState, Scenario, TeamScore, TokenRole } from '#contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * The tables that are read and written row by row. The ledger, the checkpoint and the outbox are written in sets by
 * SQL (`ScorerStore`, `Outbox`), where an entity would only be in the way. All times are epoch milliseconds.
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
  /** Where the open pause begins; null while none is open. */
  @Column('int8', { name: 'paused_at', nullable: true }) pausedAt!: number | null;
  @Column('int8', { name: 'created_at' }) createdAt!: number;
  /** When its ledger was closed. `state` is `sealed` only once the last of it is scored; until then it is `ended`. */
  @Column('int8', { name: 'sealed_at', nullable: true }) sealedAt!: number | null;
  /** The boundary of the freeze that is set; null again once it is thawed. It stays when the game is revealed. */
  @Column('int8', { name: 'frozen_at', nullable: true }) frozenAt!: number | null;
  @Column('int8', { name: 'revealed_at', nullable: true }) revealedAt!: number | null;
  /** Whether there ever was a freeze: one that was thawed is not set again by the schedule. */
  @Column('boolean', { name: 'was_frozen', default: false }) wasFrozen!: boolean;
  /** The last heartbeat of the process that runs the game. */
  @Column('int8', { name: 'last_alive_at', nullable: true }) lastAliveAt!: number | null;
}

/** Windows in [fromAt, untilAt) do not score; an open pause has no end yet. */
@Entity('game_pause')
export class GamePauseEntity {
  @PrimaryColumn('text', { name: 'game_id' }) gameId!: string;
  @PrimaryColumn('int4') seq!: number;
  @Column('int8', { name: 'from_at' }) fromAt!: number;
  @Column('int8', { name: 'until_at', nullable: true }) untilAt!: number | null;
  /** It makes up for an outage: nobody asked for it, and it ends by itself once the game can go on. */
  @Column('boolean', { default: false }) outage!: boolean;
}

@Entity('team')
export class TeamEntity {
  @PrimaryColumn('text', { name: 'game_id' }) gameId!: string;
  @PrimaryColumn('text') id!: string;
  @Column('text') name!: string;
  @Column('text') color!: string;
  @Column('boolean') ranked!: boolean;
  /** What the team's services show to prove whose they are (docs/adr/0023); null in games that are older than proofs. */
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
  /** SHA-256 of the secret; the secret itself is nowhere. */
  @Column('bytea') sha256!: Buffer;
  @Column('text') role!: TokenRole;
  @Column('text', { name: 'game_id', nullable: true }) gameId!: string | null;
  @Column('text', { name: 'team_id', nullable: true }) teamId!: string | null;
  @Column('text') label!: string;
  @Column('int8', { name: 'created_at' }) createdAt!: number;
  /** From here on it is worth nothing; null: it doesn't expire. */
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
