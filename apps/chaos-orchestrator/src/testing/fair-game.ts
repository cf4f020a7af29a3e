import type { FaultInfo, GameEvent, Scenario } from '#contracts';
import { DEFAULT_POLICY, KINDS_BY_DRIVER, type LifeCyclePolicy } from '#faults';
import { EventBuilder, ManualTime } from '#testing';
import { START } from './game.js';
import { MemoryChaosStore } from './memory-store.js';
import { OrchestratorProcess } from './process.js';
import { TeamWorld } from './team-world.js';

const KINDS = Object.values(KINDS_BY_DRIVER).flatMap((specs) => Object.keys(specs));

/** A game with any teams and any scenario. */
export class FairGame {
  readonly time = new ManualTime(START - 60_000);
  readonly store = new MemoryChaosStore();
  readonly driver = new TeamWorld(this.time, KINDS);
  readonly events = new EventBuilder('game');
  readonly policy: LifeCyclePolicy;
  readonly told: GameEvent[];
  process!: OrchestratorProcess;

  constructor(
    readonly scenario: Scenario,
    teamIds: readonly string[],
    { seed = scenario.seed, watchMs = DEFAULT_POLICY.watchMs } = {},
  ) {
    this.policy = { ...DEFAULT_POLICY, watchMs };
    const created = this.events.created(scenario);
    this.told = [
      { ...created, data: { ...created.data, seed } } as GameEvent,
      ...teamIds.flatMap((id) => [this.events.team(id), ...this.deployed(id)]),
      this.events.make('dev.payday.game.scheduled', {
        ...{ startsAt: START, endsAt: START + scenario.durationMs },
      }),
    ];
  }

  deployed(teamId: string, url: string | null = `http://${teamId}.test`): GameEvent[] {
    return this.scenario.services.map(({ id: serviceId }) =>
      this.events.make('dev.payday.endpoint.changed', { teamId, serviceId, url }),
    );
  }

  get log(): GameEvent[] {
    return [...this.told, ...this.store.events];
  }

  async boot(): Promise<this> {
    this.process = await new OrchestratorProcess(this).boot(this.log);
    await this.time.pass(0);
    return this;
  }

  /** Publishes events of control at the current time. */
  async publishEvents(...events: GameEvent[]): Promise<void> {
    for (const event of events) {
      const now = { ...event, time: this.time.nowMs() } as GameEvent;
      this.told.push(now);
      await this.process.orchestrator.handle(now);
    }
  }

  at(ms: number): Promise<void> {
    return this.time.passTo(START + ms);
  }

  /** The latest state of each fault. */
  get faults(): FaultInfo[] {
    const latest = new Map<string, FaultInfo>();
    for (const { type, data } of this.store.events)
      if (type === 'dev.payday.fault.changed') latest.set(data.fault.id, data.fault);
    return [...latest.values()];
  }

  struckBy(injectionId: string): string[] {
    return this.faults.filter((fault) => fault.injectionId === injectionId).map(({ teamId }) => teamId);
  }

  get report() {
    return this.process.faults.report('game');
  }
}
