import type { GameEvent, Scenario, TeamScore } from '#contracts';

/**
 * Moves a recorded game to now and plays it faster: every instant and every duration shrinks by the same factor, so that all
 * times still fit together and the page's clock counts real seconds. Amounts and rates stay as recorded.
 */
export class Retimer {
  /** Length of a window in the replay: a whole number of ms, so that window boundaries are whole as well. */
  readonly windowMs: number;
  /** The actual speed; it differs a little from the requested one. */
  readonly speed: number;

  /** @param recording its windows and its start, epoch ms @param beginAt the new start, epoch ms */
  constructor(
    private readonly recording: { windowMs: number; startsAt: number },
    speed: number,
    private readonly beginAt: number,
  ) {
    this.windowMs = Math.max(1, Math.round(recording.windowMs / speed));
    this.speed = recording.windowMs / this.windowMs;
  }

  /** @param recordedAt epoch ms */
  at(recordedAt: number): number {
    return this.beginAt + this.span(recordedAt - this.recording.startsAt);
  }

  span(ms: number): number {
    return Math.floor((ms * this.windowMs) / this.recording.windowMs);
  }

  score(score: TeamScore): TeamScore {
    return score.asOf === 0 ? score : { ...score, asOf: this.at(score.asOf) };
  }

  event(event: GameEvent): GameEvent {
    return { ...event, time: this.at(event.time), data: this.data(event) } as GameEvent;
  }

  private data(event: GameEvent): GameEvent['data'] {
    switch (event.type) {
      case 'dev.payday.game.created':
        return { ...event.data, scenario: this.scenario(event.data.scenario) };
      case 'dev.payday.game.scheduled':
        return { startsAt: this.at(event.data.startsAt), endsAt: this.at(event.data.endsAt) };
      case 'dev.payday.game.paused':
        return { ...event.data, fromAt: this.at(event.data.fromAt) };
      case 'dev.payday.game.resumed':
        return { fromAt: this.at(event.data.fromAt), endsAt: this.at(event.data.endsAt) };
      case 'dev.payday.game.ended':
        return { endsAt: this.at(event.data.endsAt) };
      case 'dev.payday.game.sealed':
        return { sealedAt: this.at(event.data.sealedAt) };
      case 'dev.payday.game.frozen':
        return { fromAt: this.at(event.data.fromAt) };
      case 'dev.payday.game.thawed':
        return { at: this.at(event.data.at) };
      case 'dev.payday.game.revealed':
        return { revealedAt: this.at(event.data.revealedAt) };
      case 'dev.payday.windows.excused': {
        const { fromAt, untilAt } = event.data;
        return {
          ...event.data,
          fromAt: this.at(fromAt),
          untilAt: untilAt === null ? null : this.at(untilAt),
        };
      }
      case 'dev.payday.adjustment.made':
        return { ...event.data, effectiveAt: this.at(event.data.effectiveAt) };
      case 'dev.payday.fault.changed': {
        const { fault } = event.data;
        const { startedAt, expiresAt } = fault;
        return { fault: { ...fault, startedAt: this.at(startedAt), expiresAt: this.at(expiresAt) } };
      }
      case 'dev.payday.team.proof-changed':
        return { ...event.data, formerUntilAt: this.at(event.data.formerUntilAt) };
      case 'dev.payday.team.added':
      case 'dev.payday.team.changed':
      case 'dev.payday.endpoint.changed':
      case 'dev.payday.announcement.made':
        return event.data;
    }
  }

  private scenario(scenario: Scenario): Scenario {
    return {
      ...scenario,
      durationMs: this.span(scenario.durationMs),
      pay: { ...scenario.pay, windowMs: this.windowMs },
      load: scenario.load.map((phase) => ({
        ...phase,
        atMs: this.span(phase.atMs),
        rampMs: this.span(phase.rampMs),
      })),
      timeline: scenario.timeline.map((entry) =>
        entry.type === 'fault'
          ? { ...entry, atMs: this.span(entry.atMs), ttlMs: this.span(entry.ttlMs) }
          : { ...entry, atMs: this.span(entry.atMs) },
      ),
    };
  }
}
