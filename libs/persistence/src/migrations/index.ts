import { InitialSchema1700000000000 } from './0001-initial-schema.js';
import { AuditLog1700000200000 } from './0002-audit-log.js';
import { GameControl1700000300000 } from './0003-game-control.js';
import { Leases1700000400000 } from './0004-leases.js';
import { OutageAndFinal1700000500000 } from './0005-outage-and-final.js';
import { TeamProof1700000510000 } from './0006-team-proof.js';
import { Chaos1700000100000 } from './chaos-0001-faults.js';
import { ChaosCommands1700000110000 } from './chaos-0002-commands.js';

/** All migrations. They run in the order of the timestamps in their names. */
export const MIGRATIONS = [
  InitialSchema1700000000000,
  Chaos1700000100000,
  ChaosCommands1700000110000,
  AuditLog1700000200000,
  GameControl1700000300000,
  Leases1700000400000,
  OutageAndFinal1700000500000,
  TeamProof1700000510000,
];
