import type {
  CloudEvent,
  FaultInfo,
  GameEvent,
  GameEventData,
  GameEventType,
  Scenario,
  ServiceState,
  TeamScore,
} from '#contracts';
import { teamKey } from '#contracts';

/** When the sample game starts, epoch ms. It lasts five minutes in windows of five seconds. */
export const START = 1_700_000_000_000;
export const MINUTE = 60_000;

export const SCENARIO: Scenario = {
  id: 'sample',
  name: 'Sample',
  description: '',
  durationMs: 5 * MINUTE,
  seed: 'seed',
  services: ['router', 'catalog'].map((id) => ({
    id,
    letter: id[0]!.toUpperCase(),
    weightPercent: 100,
    checks: [],
  })),
  probing: { timeoutMs: 1000, maxBodyBytes: 1000 },
  pay: {
    windowMs: 5000,
    speedBands: [{ upToMs: 100, cents: 5 }],
    failureCents: -5,
    downtime: { belowAvailabilityPercent: 90, minProbes: 2, cents: -100 },
    market: { ownPercent: 100, foreignPercent: 133, providerFeeCents: 2 },
  },
  load: [
    { atMs: 0, label: 'Quiet morning', requestsPerSecond: { router: 2, catalog: 1 }, rampMs: 0 },
    { atMs: 2 * MINUTE, label: 'Black Friday', requestsPerSecond: { router: 8, catalog: 4 }, rampMs: 5000 },
  ],
  timeline: [],
};

/** Makes the events of one game as control and the orchestrator write them. */
export class SampleGame {
  private readonly sequences = new Map<string, number>();

  constructor(readonly id = 'g1') {}

  event<T extends GameEventType>(
    type: T,
    data: GameEventData[T],
    options: { time?: number; source?: string } = {},
  ): GameEvent {
    const { time = START - MINUTE, source = '/control' } = options;
    const sequence = (this.sequences.get(source) ?? 0) + 1;
    this.sequences.set(source, sequence);
    const id = `${this.id}${source}/${sequence}`;
    return { id, type, source, subject: this.id, time, sequence, data } as GameEvent;
  }

  created(time = START - 2 * MINUTE): GameEvent {
    const data = { gameId: this.id, name: `Game ${this.id}`, seed: 'seed', scenario: SCENARIO };
    return this.event('dev.payday.game.created', data, { time });
  }

  team(id: string, ranked = true): GameEvent {
    return this.event('dev.payday.team.added', {
      team: { id, name: id.toUpperCase(), color: 'red', ranked },
    });
  }

  /** Fields of the team that are not given keep the values from `team`. */
  changed(id: string, change: { name?: string; color?: string; ranked?: boolean }, time?: number): GameEvent {
    const team = { id, name: id.toUpperCase(), color: 'red', ranked: true, ...change };
    return this.event('dev.payday.team.changed', { team }, time === undefined ? {} : { time });
  }

  scheduled(): GameEvent {
    return this.event('dev.payday.game.scheduled', { startsAt: START, endsAt: START + SCENARIO.durationMs });
  }

  fault(injectionId: string, teamId: string, state: FaultInfo['state'], time: number): GameEvent {
    const fault: FaultInfo = {
      id: `${injectionId}/${teamId}`,
      injectionId,
      kind: 'crash',
      teamId,
      serviceId: 'catalog',
      label: 'Someone tripped over a cable',
      state,
      detail: 'internal detail',
      startedAt: START + 10_000,
      expiresAt: START + 40_000,
    };
    return this.event('dev.payday.fault.changed', { fault }, { time, source: '/chaos-orchestrator' });
  }

  /** The game with its teams, scheduled. */
  opening(...teamIds: string[]): GameEvent[] {
    return [this.created(), ...teamIds.map((id) => this.team(id)), this.scheduled()];
  }

  score(teamId: string, commitSeq: number, salaryCents: number, more: Partial<TeamScore> = {}): TeamScore {
    return {
      gameId: this.id,
      teamId,
      commitSeq,
      asOf: START + commitSeq * 100,
      salaryCents,
      payPerMinuteCents: 0,
      trend: { oneMinuteCents: 0, fiveMinutesCents: 0 },
      services: statuses('up'),
      ...more,
    };
  }
}

export function statuses(router: ServiceState, catalog: ServiceState = 'up'): TeamScore['services'] {
  return [
    { id: 'router', state: router, availabilityBp: 10_000, p95Ms: 12, requestsPerSecond: 2 },
    { id: 'catalog', state: catalog, availabilityBp: 10_000, p95Ms: 12, requestsPerSecond: 1 },
  ];
}

export function scoreUpdate(score: TeamScore, time: number): CloudEvent {
  return {
    id: `${score.teamId}-${score.commitSeq}`,
    type: 'dev.payday.team.scored',
    source: '/scorer',
    subject: teamKey(score.gameId, score.teamId),
    time,
    sequence: score.commitSeq,
    data: score,
  };
}
