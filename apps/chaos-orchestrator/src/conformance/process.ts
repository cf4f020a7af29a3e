import type { GameEvent } from '#contracts';
import type { FaultDriver, LifeCyclePolicy } from '#faults';
import { timersFrom } from '#kernel';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { ManualTime } from '#testing';
import { Orchestrator } from '../orchestrator.js';
import type { ChaosStore } from '../store.js';

export interface World {
  time: ManualTime;
  store: ChaosStore;
  driver: FaultDriver;
  /** All game events so far, in order. */
  log: GameEvent[];
  /** How patient the life cycle is; default: as in production. */
  policy?: LifeCyclePolicy;
}

/** When a process dies: at its nth call of the store or the driver, before or after the call had its effect. */
export interface Death {
  atCall: number;
  afterwards: boolean;
}

/** One life of an orchestrator. Once it is dead it does nothing and hears nothing any more, as after SIGKILL. */
export class OrchestratorProcess {
  readonly orchestrator: Orchestrator;
  readonly metrics = new Registry();
  dead = false;
  private calls = 0;

  constructor(
    world: World,
    private death: Death | null = null,
  ) {
    const { time, store, driver, policy } = world;
    this.orchestrator = new Orchestrator({
      clock: time,
      policy,
      timers: timersFrom((ms, work) => time.after(ms, () => (this.dead ? undefined : work()))),
      logger: pino({ level: 'silent' }),
      metrics: this.metrics,
      store: {
        recover: (limit) => this.mortal(() => store.recover(limit)),
        takeEntry: (...args) => this.mortal(() => store.takeEntry(...args)),
        takeCommand: (...args) => this.mortal(() => store.takeCommand(...args)),
        finishCommand: (...args) => this.mortal(() => store.finishCommand(...args)),
        findCommand: (...args) => this.mortal(() => store.findCommand(...args)),
        unfinishedOf: (...args) => this.mortal(() => store.unfinishedOf(...args)),
        save: (...args) => this.mortal(() => store.save(...args)),
      },
      targets: { targetOf: (_gameId, teamId) => ({ teamId }) },
      drivers: [
        {
          name: driver.name,
          kinds: driver.kinds,
          checkParams: (...args) => driver.checkParams(...args),
          reaches: (target) => driver.reaches(target),
          fire: (...args) => this.mortal(() => driver.fire(...args)),
          confirm: (...args) => this.mortal(() => driver.confirm(...args)),
          revert: (...args) => this.mortal(() => driver.revert(...args)),
          verify: (...args) => this.mortal(() => driver.verify(...args)),
        },
      ],
    });
  }

  /** Begins as a real process does: hears the log from its beginning, then starts. */
  async boot(log: readonly GameEvent[]): Promise<this> {
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
