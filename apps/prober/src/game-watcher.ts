import type { CloudEvent, GameEvent, Scenario } from '#contracts';
import { Game, type GameSchedule } from '#game';

/** What a game's events mean to somebody who probes it. */
export interface GameListener {
  created(scenario: Scenario): void;
  teamAdded(teamId: string): void;
  endpointChanged(teamId: string, serviceId: string, url: string | null): void;
  scheduleChanged(schedule: GameSchedule): void;
}

/** What they mean to somebody who looks at whose endpoints are. */
export interface ProofListener {
  created(scenario: Scenario): void;
  /** @param formerUntilAt epoch ms until which the team's proof before this one holds as well */
  proofChanged(teamId: string, proofSha256: string, formerUntilAt?: number): void;
}

/**
 * Follows one game through the game events, from the earliest on, and tells its listeners what is news to them. Events of
 * other games and redelivered ones are ignored.
 */
export class GameWatcher {
  private game: Game | null = null;

  constructor(
    readonly gameId: string,
    private readonly listener: GameListener,
    private readonly proofs?: ProofListener,
  ) {}

  /**
   * Takes one event. Order matters, repetition does not.
   * @throws PaydayError `invalid_transition` or `invalid_schedule` for an event that does not fit the game.
   */
  handle(cloudEvent: CloudEvent): void {
    if (cloudEvent.subject !== this.gameId) return;
    const event = cloudEvent as GameEvent;
    if (this.game !== null) {
      const before = this.game.schedule;
      if (this.game.apply(event)) this.notify(event);
      if (this.game.schedule !== before) this.listener.scheduleChanged(this.game.schedule);
    } else if (event.type === 'dev.payday.game.created') {
      this.game = new Game(event);
      this.proofs?.created(event.data.scenario);
      this.listener.created(event.data.scenario);
    }
  }

  private notify({ type, data }: GameEvent): void {
    if (type === 'dev.payday.team.added') {
      const { team, proofSha256 } = data;
      if (proofSha256 !== undefined) this.proofs?.proofChanged(team.id, proofSha256);
      this.listener.teamAdded(team.id);
    } else if (type === 'dev.payday.team.proof-changed')
      this.proofs?.proofChanged(data.teamId, data.proofSha256, data.formerUntilAt);
    else if (type === 'dev.payday.endpoint.changed')
      this.listener.endpointChanged(data.teamId, data.serviceId, data.url);
    // The prober knows a team by its id and probes it whether it is ranked or not, so other changes do not matter.
  }
}
