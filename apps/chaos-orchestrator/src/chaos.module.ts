import { Controller, Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { TOPICS, type GameEvent } from '#contracts';
import {
  DEFAULT_POLICY,
  DriverRegistry,
  createDrivers,
  type FaultDriver,
  type LifeCyclePolicy,
} from '#faults';
import type { Clock } from '#kernel';
import { PostgresChaosStore, type DataSource } from '#persistence';
import { CLOCK, DATA_SOURCE, LOGGER, OnGameEvent, systemTimers, type Logger } from '#runtime';
import { CHAOS_COMMANDS, CommandBus } from './commands/command-bus.js';
import { CommandRecorder } from './commands/command-recorder.js';
import { PauseTimelineHandler, ResumeTimelineHandler } from './commands/hold-handlers.js';
import { IdempotencyStore } from './commands/idempotency-store.js';
import { InjectHandler } from './commands/inject-handler.js';
import { ListHandler } from './commands/list-handler.js';
import { CommandQueue } from './commands/command-queue.js';
import { SkipHandler } from './commands/skip-handler.js';
import { StopCounter } from './commands/stop-counter.js';
import { StopAllHandler, StopHandler } from './commands/stop-handlers.js';
import { FaultChanges } from './faults/fault-changes.js';
import { FaultLog } from './faults/fault-log.js';
import { FaultSupervisor } from './faults/fault-supervisor.js';
import { LIFE_CYCLE_POLICY, TIMERS } from './faults/tokens.js';
import { ChangeFeed } from './games/change-feed.js';
import { GameEndWatch } from './games/game-end-watch.js';
import { GameRegistry } from './games/game-registry.js';
import { ScoreFollower } from './games/score-follower.js';
import { ServiceStatuses } from './games/service-statuses.js';
import { FaultsController } from './http/faults.controller.js';
import { Orchestrator } from './orchestrator.js';
import { CHAOS_SOCKET_OPTIONS, ChaosGateway, type ChaosSocketOptions } from './socket/chaos.gateway.js';
import { CHAOS_STORE } from './store/store.js';
import { FAULT_TARGETS, type FaultTargets } from './targets/fault-targets.js';
import { CHAOS_LOGGER, ChaosMetrics } from './telemetry.js';
import { EntryPlanner } from './timeline/entry-planner.js';
import { Timelines } from './timeline/timelines.js';

/** What other modules use. */
const ENTRANCES = [Orchestrator, GameRegistry, FaultSupervisor, CommandBus];
const PARTS = [
  ChaosMetrics,
  ChangeFeed,
  ServiceStatuses,
  GameEndWatch,
  FaultChanges,
  FaultLog,
  EntryPlanner,
  Timelines,
  IdempotencyStore,
  CommandQueue,
  StopCounter,
  CommandRecorder,
];
const HANDLERS = [
  InjectHandler,
  StopHandler,
  StopAllHandler,
  PauseTimelineHandler,
  ResumeTimelineHandler,
  SkipHandler,
  ListHandler,
];

export interface ChaosEngineOptions {
  targets: FaultTargets;
  /** Default: every built-in driver. */
  drivers?: readonly FaultDriver[];
  policy?: LifeCyclePolicy;
  /** Name of the game-events topic, if it is not the default. */
  topic?: string;
}

export interface ChaosOptions extends ChaosEngineOptions {
  socket?: ChaosSocketOptions;
}

/**
 * The orchestrator without its interfaces. Needs `RuntimeModule` with a data source whose schema includes `CHAOS_MIGRATIONS`,
 * an `OutboxRelay` on that database, and a caller for `Orchestrator.start()` once the game events have caught up.
 */
@Module({})
export class ChaosEngineModule {
  static register({ targets, drivers, policy, topic }: ChaosEngineOptions): DynamicModule {
    return {
      module: ChaosEngineModule,
      providers: [
        ...ENTRANCES,
        ...PARTS,
        ...HANDLERS,
        { provide: CHAOS_COMMANDS, useExisting: CommandBus },
        { provide: TIMERS, useValue: systemTimers },
        { provide: FAULT_TARGETS, useValue: targets },
        { provide: LIFE_CYCLE_POLICY, useValue: policy ?? DEFAULT_POLICY },
        { provide: DriverRegistry, useFactory: () => new DriverRegistry(drivers ?? createDrivers()) },
        {
          provide: CHAOS_LOGGER,
          inject: [LOGGER],
          useFactory: (logger: Logger) => logger.child({ module: 'chaos' }),
        },
        {
          provide: CHAOS_STORE,
          inject: [DATA_SOURCE, CLOCK],
          useFactory: (dataSource: DataSource, clock: Clock) =>
            new PostgresChaosStore(dataSource, clock, topic ?? TOPICS.gameEvents),
        },
      ],
      exports: [...ENTRANCES, CHAOS_COMMANDS],
    };
  }
}

/** Passes game events to the orchestrator, and closes it with the process. */
@Controller()
export class ChaosEvents implements OnApplicationShutdown {
  constructor(@Inject(Orchestrator) private readonly orchestrator: Orchestrator) {}

  @OnGameEvent()
  handle(@Payload() event: GameEvent): Promise<void> {
    return this.orchestrator.handle(event);
  }

  onApplicationShutdown(): Promise<void> {
    return this.orchestrator.close();
  }
}

/** The chaos orchestrator with its REST interface and its control socket; see `ChaosEngineModule`. */
@Module({})
export class ChaosModule {
  static register({ socket = {}, ...engineOptions }: ChaosOptions): DynamicModule {
    const engine = ChaosEngineModule.register(engineOptions);
    return {
      module: ChaosModule,
      imports: [engine],
      controllers: [FaultsController, ChaosEvents],
      providers: [ScoreFollower, ChaosGateway, { provide: CHAOS_SOCKET_OPTIONS, useValue: socket }],
      exports: [engine],
    };
  }
}
