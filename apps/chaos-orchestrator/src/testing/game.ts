import type { ChaosLimits, GameEvent, Scenario, ServiceState, TimelineEntry } from '#contracts';
import { EventBuilder, buildScenario, ManualTime } from '#testing';
import type { InjectCommand, InjectRequest } from '../commands/types.js';
import { MemoryChaosStore } from './memory-store.js';
import { OrchestratorProcess, type Death } from './process.js';
import { TeamWorld } from './team-world.js';

/** Start of every game of these tests, epoch ms: a window boundary. */
export const START = 1_700_000_000_000;
export const TEAMS = ['fenrir', 'garm', 'hati', 'skoll'];
export const NO_LIMITS: ChaosLimits = {
  maxTeams: 100,
  maxDurationMs: 3_600_000,
  cooldownMs: 0,
  maxActive: 1000,
};
export const ANNA = { tokenId: 't1', role: 'facilitator', label: 'Anna' } as const;
export const BEN = { tokenId: 't2', role: 'facilitator', label: 'Ben' } as const;

type FaultEntry = Extract<TimelineEntry, { type: 'fault' }>;

export function faultEntry(id: string, atMs: number, overrides: Partial<FaultEntry> = {}): TimelineEntry {
  return {
    ...{ type: 'fault', atMs, id, kind: 'crash', serviceId: 'catalog', params: {} },
    ...{ ttlMs: 10_000, teams: 'all', label: `Trouble ${id}`, ...overrides },
  } as FaultEntry;
}

export const newsEntry = (id: string, atMs: number, overrides: object = {}): TimelineEntry => ({
  ...{ type: 'announcement', atMs, id, text: `News ${id}` },
  ...overrides,
});

/** A game that starts at START, with its store, its driver and its orchestrator process. */
export class Game {
  readonly time = new ManualTime(START - 5_000);
  readonly store = new MemoryChaosStore();
  readonly driver = new TeamWorld(this.time);
  readonly events = new EventBuilder('game');
  /** The events that control has published so far. */
  readonly told: GameEvent[];
  process!: OrchestratorProcess;
  private commits = 0;

  constructor(timeline: TimelineEntry[] = [], options: Partial<Scenario> = {}) {
    const durationMs = options.durationMs ?? 120_000;
    const scenario = buildScenario({ timeline, chaos: NO_LIMITS, ...options, durationMs });
    this.told = [
      this.events.created(scenario),
      ...TEAMS.map((id) => this.events.team(id)),
      ...TEAMS.flatMap((teamId) =>
        scenario.services.map(({ id: serviceId }) =>
          this.events.make('dev.payday.endpoint.changed', {
            teamId,
            serviceId,
            url: `http://${teamId}.test`,
          }),
        ),
      ),
      this.events.make('dev.payday.game.scheduled', { startsAt: START, endsAt: START + durationMs }),
    ];
  }

  /** All game events so far: a starting process reads them from the beginning. */
  get log(): GameEvent[] {
    return [...this.told, ...this.store.events];
  }

  async boot(death: Death | null = null): Promise<this> {
    this.process = await new OrchestratorProcess(this, death).boot(this.log);
    return this;
  }

  get orchestrator() {
    return this.process.orchestrator;
  }

  get commands() {
    return this.process.commands;
  }

  get faults() {
    return this.process.faults;
  }

  async publishEvent(...args: Parameters<EventBuilder['make']>): Promise<void> {
    const event = this.events.make(...args);
    this.told.push(event);
    await this.orchestrator.handle(event);
  }

  /** Advances time to this offset from the start. */
  at(ms: number): Promise<void> {
    return this.time.passTo(START + ms);
  }

  /** Sets the statuses of a team's services. */
  setStatuses(teamId: string, ...states: ServiceState[]): void {
    const services = states.map((state, i) => ({
      ...{ id: `service-${i}`, state, availabilityBp: null, p95Ms: null, requestsPerSecond: 1 },
    }));
    const zero = { salaryCents: 0, payPerMinuteCents: 0, trend: { oneMinuteCents: 0, fiveMinutesCents: 0 } };
    this.orchestrator.observe({
      ...{ gameId: 'game', teamId, commitSeq: ++this.commits, asOf: 0, ...zero, services },
    });
  }

  request(overrides: Partial<InjectRequest> = {}): InjectRequest {
    return {
      ...{ gameId: 'game', kind: 'crash', serviceId: 'catalog', params: {}, teams: ['garm'] },
      ...{ ttlMs: 10_000, label: 'By hand', ...overrides },
    };
  }

  inject(commandId: string, overrides: Partial<InjectRequest> = {}, more: Partial<InjectCommand> = {}) {
    return this.commands.inject({ commandId, actor: ANNA, request: this.request(overrides), ...more });
  }

  /** The published events: each fault's states, and announcements by their text. */
  published(): string[] {
    return this.store.events.map((event) => {
      if (event.type === 'dev.payday.fault.changed')
        return `${event.data.fault.id} ${event.data.fault.state}`;
      return event.type === 'dev.payday.announcement.made' ? event.data.text : event.type;
    });
  }

  /** The audit log: actor, action, entry and reason. */
  audited(): string[] {
    return this.store.audit.map(({ actor, action, subject, details }) =>
      [actor.label, action, subject['entry'], details['reason']]
        .filter((part) => part !== undefined)
        .join(' '),
    );
  }
}

export const all = (injection: string): string[] => TEAMS.map((team) => `${injection}/${team}`);

/** A game that has run for ten seconds. */
export async function running(
  timeline: TimelineEntry[] = [],
  chaos: Partial<ChaosLimits> = {},
): Promise<Game> {
  const game = await new Game(timeline, { chaos: { ...NO_LIMITS, ...chaos } }).boot();
  await game.at(10_000);
  return game;
}

/** Matches a refusal. */
export const refused = (code: string, details: object = {}): unknown =>
  expect.objectContaining({ code, ...details });
