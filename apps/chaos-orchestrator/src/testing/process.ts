import type { ManualTime } from '#testing';
import { Module, type DynamicModule } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { GameEvent } from '#contracts';
import type { FaultDriver, LifeCyclePolicy } from '#faults';
import { CLOCK, DATA_SOURCE, LOGGER, METRICS } from '#runtime';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { ChaosEngineModule } from '../chaos.module.js';
import { CommandBus } from '../commands/command-bus.js';
import { FaultSupervisor } from '../faults/fault-supervisor.js';
import { TIMERS } from '../faults/tokens.js';
import { Orchestrator } from '../orchestrator.js';
import { CHAOS_STORE, type ChaosStore } from '../store/store.js';

export interface World {
  time: ManualTime;
  store: ChaosStore;
  driver: FaultDriver;
  /** All game events so far, in order. */
  log: GameEvent[];
  /** Default: as in production. */
  policy?: LifeCyclePolicy;
}

/** When a process dies: at its nth call of the store or the driver, before or after the call takes effect. */
export interface Death {
  atCall: number;
  afterwards: boolean;
}

/** The providers of `RuntimeModule` that the orchestrator needs. */
@Module({})
class TestRuntimeModule {
  static register(time: ManualTime, metrics: Registry): DynamicModule {
    const providers = [
      { provide: CLOCK, useValue: time },
      { provide: LOGGER, useValue: pino({ level: 'silent' }) },
      { provide: METRICS, useValue: metrics },
      { provide: DATA_SOURCE, useValue: null },
    ];
    return { module: TestRuntimeModule, global: true, providers, exports: providers };
  }
}

/** One life of an orchestrator. A dead process no longer does or receives anything, as after SIGKILL. */
export class OrchestratorProcess {
  orchestrator!: Orchestrator;
  commands!: CommandBus;
  faults!: FaultSupervisor;
  readonly metrics = new Registry();
  dead = false;
  private calls = 0;

  constructor(
    private readonly world: World,
    private death: Death | null = null,
  ) {}

  /** Starts as a real process does: reads the log from the beginning, then acts. */
  async boot(log: readonly GameEvent[]): Promise<this> {
    const { time, driver, policy } = this.world;
    const targets = { targetOf: (_gameId: string, teamId: string) => ({ teamId }) };
    const drivers = [this.mortalDriver(driver)];
    const module = await Test.createTestingModule({
      imports: [
        TestRuntimeModule.register(time, this.metrics),
        ChaosEngineModule.register({ targets, drivers, policy }),
      ],
    })
      .overrideProvider(CHAOS_STORE)
      .useValue(this.mortalStore(this.world.store))
      .overrideProvider(TIMERS)
      .useValue({
        after: (ms: number, work: () => void) => time.after(ms, () => (this.dead ? undefined : work())),
      })
      .compile();
    this.orchestrator = module.get(Orchestrator);
    this.commands = module.get(CommandBus);
    this.faults = module.get(FaultSupervisor);
    for (const event of log) await this.orchestrator.handle(event);
    void this.orchestrator.start();
    return this;
  }

  /** Lets it die at a later call, counted from now on. */
  dieAt({ atCall, afterwards }: Death): void {
    this.death = { atCall: this.calls + atCall, afterwards };
  }

  kill(): void {
    this.dead = true;
  }

  private mortalStore(store: ChaosStore): ChaosStore {
    return {
      recover: (limit) => this.mortal(() => store.recover(limit)),
      takeEntry: (...args) => this.mortal(() => store.takeEntry(...args)),
      takeCommand: (...args) => this.mortal(() => store.takeCommand(...args)),
      finishCommand: (...args) => this.mortal(() => store.finishCommand(...args)),
      findCommand: (...args) => this.mortal(() => store.findCommand(...args)),
      unfinishedOf: (...args) => this.mortal(() => store.unfinishedOf(...args)),
      save: (...args) => this.mortal(() => store.save(...args)),
    };
  }

  private mortalDriver(driver: FaultDriver): FaultDriver {
    return {
      name: driver.name,
      kinds: driver.kinds,
      checkParams: (...args) => driver.checkParams(...args),
      reaches: (target) => driver.reaches(target),
      fire: (...args) => this.mortal(() => driver.fire(...args)),
      confirm: (...args) => this.mortal(() => driver.confirm(...args)),
      revert: (...args) => this.mortal(() => driver.revert(...args)),
      verify: (...args) => this.mortal(() => driver.verify(...args)),
    };
  }

  private async mortal<T>(call: () => Promise<T>): Promise<T> {
    const dies = ++this.calls === this.death?.atCall;
    if (dies && !this.death?.afterwards) this.kill();
    if (this.dead) return never();
    const result = await call();
    if (dies) this.kill();
    return this.dead ? never() : result;
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
