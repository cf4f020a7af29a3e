import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { EventLog } from '#event-log';
import { GameStore, LedgerReader, OutboxRelay } from '#persistence';
import { DATA_SOURCE, EVENT_LOG, LOGGER, type Logger } from '#runtime';
import type { DataSource } from 'typeorm';
import { FreezeService } from './freeze-service.js';
import { GameChanges } from './game-changes.js';
import { GameLoop } from './game-loop.js';
import { GameService } from './game-service.js';
import { ChangesController } from './http/changes.controller.js';
import { GamesController } from './http/games.controller.js';
import { LifeCycleController } from './http/life-cycle.controller.js';
import { LedgerController } from './http/ledger.controller.js';
import {
  CONTROL_OPTIONS,
  type ControlOptions,
  DEFAULT_CONTROL_OPTIONS,
  LATENCY_PERCENTILES,
  type LatencyPercentiles,
} from './options.js';

export interface ControlModuleOptions extends Partial<ControlOptions> {
  latencyPercentiles: LatencyPercentiles;
}

/** Games, teams, endpoints and the ledger's public face. Needs a global `RuntimeModule` with a data source and an event log. */
@Module({})
export class ControlModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(@Inject(OutboxRelay) private readonly relay: OutboxRelay) {}

  static register({ latencyPercentiles, ...options }: ControlModuleOptions): DynamicModule {
    return {
      module: ControlModule,
      controllers: [GamesController, LifeCycleController, ChangesController, LedgerController],
      providers: [
        { provide: CONTROL_OPTIONS, useValue: { ...DEFAULT_CONTROL_OPTIONS, ...options } },
        { provide: LATENCY_PERCENTILES, useValue: latencyPercentiles },
        { provide: GameStore, useFactory: (db: DataSource) => new GameStore(db), inject: [DATA_SOURCE] },
        {
          provide: LedgerReader,
          useFactory: (db: DataSource) => new LedgerReader(db),
          inject: [DATA_SOURCE],
        },
        { provide: OutboxRelay, useFactory: relayTo, inject: [DATA_SOURCE, EVENT_LOG, LOGGER] },
        GameChanges,
        GameService,
        FreezeService,
        GameLoop,
      ],
      exports: [GameService, FreezeService, GameLoop, GameStore, LedgerReader, OutboxRelay],
    };
  }

  onApplicationBootstrap(): void {
    this.relay.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.relay.stop();
  }
}

function relayTo(dataSource: DataSource, eventLog: EventLog, logger: Logger): OutboxRelay {
  return new OutboxRelay(dataSource, {
    append: (topic, records) => eventLog.append(topic, records),
    onError: (err) => logger.warn({ err }, 'events wait in the outbox; trying again'),
  });
}
