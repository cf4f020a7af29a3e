import type { CloudEvent, GameEvent, Scenario } from '#contracts';
import { GameSchedule, applyGameEvent } from '#scenario';

/** What a game's events mean for probing. */
export interface GameListener {
  created(scenario: Scenario): void;
  teamAdded(teamId: string): void;
  endpointChanged(teamId: string, serviceId: string, url: string | null): void;
  scheduleChanged(schedule: GameSchedule): void;
}

/** What they mean for checking the owners of endpoints. */
export interface ProofListener {
  created(scenario: Scenario): void;
  /** @param formerUntilAt epoch ms until which the team's previous proof is valid as well */
  proofChanged(teamId: string, proofSha256: string, formerUntilAt?: number): void;
}

/**
 * Follows one game through the game events, from the earliest on. It ignores events of other games, duplicates, and types
 * that do not matter here.
 */
export class GameWatcher {
  private schedule: GameSchedule | null = null;
  private readonly teams = new Set<string>();
  /** Highest sequence seen, by source. */
  private readonly seen = new Map<string, number>();

  constructor(
    readonly gameId: string,
    private readonly listener: GameListener,
    private readonly proofs?: ProofListener,
  ) {}

  /**
   * Handles one event. Order matters; duplicates are harmless.
   * @throws PaydayError `invalid_transition` or `invalid_schedule` for an event that is inconsistent.
   */
  handle(cloudEvent: CloudEvent): void {
    if (cloudEvent.subject !== this.gameId) return;
    const seen = this.seen.get(cloudEvent.source) ?? -1;
    if (cloudEvent.sequence <= seen) return;
    this.apply(cloudEvent as GameEvent);
    this.seen.set(cloudEvent.source, cloudEvent.sequence);
  }

  private apply(event: GameEvent): void {
    if (event.type === 'dev.payday.game.created') {
      if (this.schedule !== null) return;
      this.schedule = GameSchedule.lobby(event.data.scenario.pay.windowMs);
      this.proofs?.created(event.data.scenario);
      this.listener.created(event.data.scenario);
      return;
    }
    if (this.schedule === null) return;
    switch (event.type) {
      case 'dev.payday.team.added':
        return this.add(event.data.team.id, event.data.proofSha256);
      case 'dev.payday.team.proof-changed': {
        const { teamId, proofSha256, formerUntilAt } = event.data;
        if (this.teams.has(teamId)) this.proofs?.proofChanged(teamId, proofSha256, formerUntilAt);
        return;
      }
      case 'dev.payday.team.changed':
        // Requests go to a team by its id, whether it is ranked or not.
        return;
      case 'dev.payday.endpoint.changed':
        this.listener.endpointChanged(event.data.teamId, event.data.serviceId, event.data.url);
        return;
      default: {
        const next = applyGameEvent(this.schedule, event);
        if (next === this.schedule) return;
        this.schedule = next;
        this.listener.scheduleChanged(next);
      }
    }
  }
  private add(teamId: string, proofSha256: string | undefined): void {
    if (this.teams.has(teamId)) return;
    this.teams.add(teamId);
    if (proofSha256 !== undefined) this.proofs?.proofChanged(teamId, proofSha256);
    this.listener.teamAdded(teamId);
  }
}
