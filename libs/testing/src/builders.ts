import { OUTCOME, type GameEvent, type GameEventData, type ProbeBatch, type Scenario } from '#contracts';
import type { PlainResult } from './oracle.js';

/** A small scenario with every pay rule; tests override the part that they examine. */
export function buildScenario(overrides: Partial<Scenario> = {}): Scenario {
  const service = (id: string, weightPercent: number): Scenario['services'][number] => ({
    id,
    letter: id[0]!.toUpperCase(),
    weightPercent,
    checks: [
      {
        id: 'home',
        weight: 1,
        request: { method: 'GET', path: '/', headers: {} },
        expect: { status: 200 },
        cases: [{}],
      },
    ],
  });
  return {
    id: 'test',
    name: 'Test game',
    description: '',
    durationMs: 20_000,
    seed: 'seed',
    services: [service('router', 150), service('catalog', 100)],
    probing: { timeoutMs: 1000, maxBodyBytes: 65_536 },
    pay: {
      windowMs: 1000,
      speedBands: [
        { upToMs: 50, cents: 7 },
        { upToMs: 200, cents: 3 },
      ],
      failureCents: -11,
      downtime: { belowAvailabilityPercent: 90, minProbes: 2, cents: -101 },
      market: { ownPercent: 100, foreignPercent: 133, providerFeeCents: 2 },
    },
    load: [{ atMs: 0, label: 'Opening', requestsPerSecond: { router: 2, catalog: 2 }, rampMs: 0 }],
    timeline: [],
    ...overrides,
  };
}

/** Builds the events of one game, with consecutive sequence numbers. */
export class EventBuilder {
  private sequence = 0;

  constructor(
    readonly gameId: string,
    private readonly source = '/control',
  ) {}

  make<T extends keyof GameEventData>(type: T, data: GameEventData[T]): GameEvent {
    this.sequence++;
    return {
      id: `${this.gameId}-${this.sequence}`,
      type,
      source: this.source,
      subject: this.gameId,
      time: 0,
      sequence: this.sequence,
      data,
    } as GameEvent;
  }

  created(scenario: Scenario): GameEvent {
    return this.make('dev.payday.game.created', {
      gameId: this.gameId,
      name: scenario.name,
      seed: scenario.seed,
      scenario,
    });
  }

  team(id: string): GameEvent {
    return this.make('dev.payday.team.added', { team: { id, name: id, color: '#fff', ranked: true } });
  }

  /** Renames the team and excludes it from the ranking. */
  teamChanged(id: string): GameEvent {
    const team = { id, name: `${id}, renamed`, color: '#fff', ranked: false };
    return this.make('dev.payday.team.changed', { team });
  }
}

/** A batch of results that share team, role, service and counterparty. */
export function buildBatch(
  gameId: string,
  results: readonly PlainResult[],
  ids: { proberId: string; epoch: number; seq: number; watermarkMs?: number },
): ProbeBatch {
  const first = results[0]!;
  const base = Math.min(...results.map((r) => r.intendedAt));
  return {
    gameId,
    teamId: first.teamId,
    role: first.role,
    serviceId: first.serviceId,
    counterpartyId: first.counterpartyId,
    proberId: ids.proberId,
    epoch: ids.epoch,
    seq: ids.seq,
    baseIntendedAtMs: base,
    offsetMs: results.map((r) => r.intendedAt - base),
    latencyUs: results.map((r) => r.latencyUs),
    outcome: results.map((r) => OUTCOME[r.outcome]),
    samples: [],
    watermarkMs: ids.watermarkMs ?? 0,
  };
}
