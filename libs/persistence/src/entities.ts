import { AuditEntity } from './audit/audit-entry.js';
import {
  ChaosCommandEntity,
  FaultEntity,
  TimelineEntryEntity,
  TimelineHoldEntity,
} from './chaos/entities.js';
import { EndpointEntity, GameEntity, GamePauseEntity, TeamEntity } from './games/entities.js';
import { ApiTokenEntity } from './tokens/token-entity.js';

/**
 * The tables that are read and written row by row. SQL reads and writes the ledger, the scores, the checkpoints, the leases
 * and the outbox in sets, where an entity would only be in the way.
 */
export const ENTITIES = [
  GameEntity,
  GamePauseEntity,
  TeamEntity,
  EndpointEntity,
  ApiTokenEntity,
  AuditEntity,
  FaultEntity,
  TimelineEntryEntity,
  TimelineHoldEntity,
  ChaosCommandEntity,
];
