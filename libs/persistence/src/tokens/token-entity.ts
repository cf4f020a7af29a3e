import type { TokenRole } from '#contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An API token. Times are epoch milliseconds. */
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
