import type { CloudEvent } from './cloud-event.js';
import type { FaultScoring, Scenario } from './scenario.js';

/** The life of a game. `frozen` is a view of `running` (the public sees no change) and so is no state here. */
export type GameState = 'lobby' | 'running' | 'paused' | 'ended' | 'sealed';

export interface TeamInfo {
  id: string;
  /** 1 to 40 characters of any script. */
  name: string;
  /** CSS colour. */
  color: string;
  /** Unranked teams are probed but not placed. */
  ranked: boolean;
}

/** What one fault on one team is doing. Defined with its transitions in `libs/faults`. */
export type FaultState = 'armed' | 'firing' | 'active' | 'reverting' | 'reverted' | 'stuck';

export interface FaultInfo {
  /** One per team struck: `<injection id>/<team id>`. */
  id: string;
  /** Groups the faults of one injection (one timeline entry, or one command). */
  injectionId: string;
  kind: string;
  teamId: string;
  serviceId: string;
  label: string;
  state: FaultState;
  /** Why it is in that state, for people; may be empty. */
  detail: string;
  /** Epoch ms when it began to fire, and when its time to live ends. */
  startedAt: number;
  expiresAt: number;
  /** Default: `count`. */
  scoring?: FaultScoring;
  /**
   * What it is expected to cost a team that serves well, over its time to live, or up to where somebody other than the team
   * stopped it; cents, ≥ 0. The team's repairs don't change it. 0: it costs nothing (a traffic spike; windows that don't
   * score; nothing was deployed there). Absent in games that were recorded before faults had a price.
   */
  expectedCostCents?: number;
  /** What a traffic spike is expected to bring such a team, cents, > 0. Absent for every other kind. */
  expectedGainCents?: number;
}

/** Data of each `game-events` type. All times are epoch ms; all that touch scoring lie on window boundaries. */
export interface GameEventData {
  'dev.payday.game.created': { gameId: string; name: string; seed: string; scenario: Scenario };
  /** `proofSha256`: of the team's proof of ownership (`team-proof.ts`), hexadecimal; absent in older games. */
  'dev.payday.team.added': { team: TeamInfo; proofSha256?: string };
  /** The team has another proof of ownership; the one before holds until `formerUntilAt`. */
  'dev.payday.team.proof-changed': { teamId: string; proofSha256: string; formerUntilAt: number };
  /** All that a team is now: it replaces what was known under the same id, which never changes. Money is not touched. */
  'dev.payday.team.changed': { team: TeamInfo };
  /** `url: null` takes the endpoint away. */
  'dev.payday.endpoint.changed': { teamId: string; serviceId: string; url: string | null };
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
  'dev.payday.adjustment.made': {
    adjustmentId: string;
    teamId: string;
    cents: number;
    reason: string;
    effectiveAt: number;
  };
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
  'dev.payday.announcement.made': {
    announcementId: string;
    text: string;
    pictureUrl?: string;
    videoUrl?: string;
  };
}

export type GameEventType = keyof GameEventData;
export type GameEvent = { [T in GameEventType]: CloudEvent<T, GameEventData[T]> }[GameEventType];
