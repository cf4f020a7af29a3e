import type { GameState, Scenario } from '#contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** All times are epoch milliseconds. */
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
