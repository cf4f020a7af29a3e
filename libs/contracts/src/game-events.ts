import type { Adjustment, Announcement, Endpoint, FaultInfo, TeamInfo } from './api/index.js';
import type { CloudEvent } from './cloud-event.js';
import type { Scenario } from './scenario.js';

/** Data of each `game-events` type. All times are epoch ms; all that touch scoring lie on window boundaries. */
export interface GameEventData {
  'dev.payday.game.created': { gameId: string; name: string; seed: string; scenario: Scenario };
  /** `proofSha256`: of the team's proof of ownership (`team-proof.ts`), hexadecimal; absent in older games. */
  'dev.payday.team.added': { team: TeamInfo; proofSha256?: string };
  /** The team has a new proof of ownership; the former one stays valid until `formerUntilAt`. */
  'dev.payday.team.proof-changed': { teamId: string; proofSha256: string; formerUntilAt: number };
  /** The whole team: it replaces what was known under the same id, which never changes. Money is not affected. */
  'dev.payday.team.changed': { team: TeamInfo };
  /** `url: null` takes the endpoint away. */
  'dev.payday.endpoint.changed': Endpoint;
  'dev.payday.game.scheduled': { startsAt: number; endsAt: number };
  /** Windows from `fromAt` on do not score, until `game.resumed`. */
  'dev.payday.game.paused': { fromAt: number; reason: string };
  /** Windows from `fromAt` on score again; the end moves by the length of the pause. */
  'dev.payday.game.resumed': { fromAt: number; endsAt: number };
  'dev.payday.game.ended': { endsAt: number };
  /** From the window boundary `fromAt` on the public sees no score change, until the ceremony or a thaw. Scoring goes on. */
  'dev.payday.game.frozen': { fromAt: number };
  /** A freeze is taken back: the public sees everything again. */
  'dev.payday.game.thawed': { at: number };
  /** The ceremony: from `revealedAt` on the public sees the final standings. Only after sealing. */
  'dev.payday.game.revealed': { revealedAt: number };
  /** Nothing that arrives later changes the ledger. */
  'dev.payday.game.sealed': { sealedAt: number };
  /** An amount given or taken by hand; it counts in the window that holds `effectiveAt`. */
  'dev.payday.adjustment.made': Adjustment;
  'dev.payday.fault.changed': { fault: FaultInfo };
  /**
   * Windows in which what the team's own service answered to the team's own customers does not score, because a fault
   * with the policy `pause` struck it (docs/scoring.md, "Excused windows"). A window is excused if it begins in [fromAt,
   * untilAt); both are window boundaries, `untilAt` is null while the fault lasts. A later event with the same
   * `excuseId` replaces an earlier one; none changes anything after the seal.
   */
  'dev.payday.windows.excused': {
    excuseId: string;
    teamId: string;
    serviceId: string;
    fromAt: number;
    untilAt: number | null;
    reason: string;
  };
  /** `pictureUrl` and `videoUrl` are http(s), or paths of this server. */
  'dev.payday.announcement.made': Announcement;
}

export type GameEventType = keyof GameEventData;
export type GameEvent = { [T in GameEventType]: CloudEvent<T, GameEventData[T]> }[GameEventType];
