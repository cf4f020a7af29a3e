import { Controller, Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { GameEvent } from '#contracts';
import { createDrivers, type FaultDriver, type LifeCyclePolicy } from '#faults';
import type { Clock } from '#kernel';
import { CLOCK, DATA_SOURCE, LOGGER, METRICS, OnGameEvent, type Logger, systemTimers } from '#runtime';
import type { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import type { ChaosCommands } from './commands/types.js';
import { FaultsController } from './faults.controller.js';
import { CHAOS_COMMANDS, Orchestrator, type FaultTargets } from './orchestrator.js';
import { PostgresChaosStore } from './postgres-store.js';
import { ScoreFollower } from './score-follower.js';
import { CHAOS_SOCKET_OPTIONS, ChaosGateway, type ChaosSocketOptions } from './socket/chaos.gateway.js';

export interface ChaosOptions {
  targets: FaultTargets;
  /** Default: every driver that ships. */
  drivers?: readonly FaultDriver[];
  policy?: LifeCyclePolicy;
  /** Name of the game-events topic, where it is not the default. */
  topic?: string;
  socket?: ChaosSocketOptions;
}

/** Hands game events to the orchestrator, and closes it with the process. */
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

/**
 * The chaos orchestrator. Needs `RuntimeModule` with a data source whose schema includes `CHAOS_MIGRATIONS`, an
 * `OutboxRelay` on that database, and somebody who calls `Orchestrator.start()` when the game events have caught up.
 */
@Module({})
export class ChaosModule {
  static register(options: ChaosOptions): DynamicModule {
    return {
      module: ChaosModule,
      controllers: [FaultsController, ChaosEvents],
      providers: [
        {
          provide: Orchestrator,
          inject: [CLOCK, LOGGER, METRICS, DATA_SOURCE],
          useFactory: (clock: Clock, logger: Logger, metrics: Registry, dataSource: DataSource) =>
            new Orchestrator({
              clock,
              timers: systemTimers,
              logger: logger.child({ module: 'chaos' }),
              metrics,
              store: new PostgresChaosStore(dataSource, clock, options.topic),
              targets: options.targets,
              drivers: options.drivers ?? createDrivers(),
              policy: options.policy,
            }),
        },
        ScoreFollower,
        ChaosGateway,
        { provide: CHAOS_SOCKET_OPTIONS, useValue: options.socket ?? {} },
        {
          provide: CHAOS_COMMANDS,
          inject: [Orchestrator],
          useFactory: (orchestrator: Orchestrator): ChaosCommands => orchestrator.commands,
        },
      ],
      exports: [Orchestrator, CHAOS_COMMANDS],
    };
  }
}
