import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { EventLog } from '#event-log';
import type { Clock } from '#kernel';
import { GameStore, LedgerReader, OutboxRelay, TokenStore } from '#persistence';
import {
  CLOCK,
  DATA_SOURCE,
  EVENT_LOG,
  LOGGER,
  TOKEN_VERIFIER,
  type Logger,
  type TokenVerifier,
  METRICS,
} from '#runtime';
import { Gauge, type Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { FreezeService } from './freeze-service.js';
import { GameChanges } from './game-changes.js';
import { GameLoop } from './game-loop.js';
import { GameService } from './game-service.js';
import { AuditController } from './http/audit.controller.js';
import { ChangesController } from './http/changes.controller.js';
import { GamesController } from './http/games.controller.js';
import { LifeCycleController } from './http/life-cycle.controller.js';
import { LedgerController } from './http/ledger.controller.js';
import { ProofsController } from './http/proofs.controller.js';
import { TeamsController } from './http/teams.controller.js';
import { TokensController } from './http/tokens.controller.js';
import { UnscoredController } from './http/unscored.controller.js';
import {
  CONTROL_OPTIONS,
  type ControlOptions,
  DEFAULT_CONTROL_OPTIONS,
  LATENCY_PERCENTILES,
  type LatencyPercentiles,
} from './options.js';
import { EndpointLimiter } from './teams/endpoint-limiter.js';
import { ProofService } from './teams/proof-service.js';
import { TeamService } from './teams/team-service.js';
import { TokenService } from './token-service.js';

export interface ControlModuleOptions extends Partial<ControlOptions> {
  latencyPercentiles: LatencyPercentiles;
}

/** Games, teams, endpoints and the ledger's public face. Needs a global `RuntimeModule` with a data source and an event log. */
@Module({})
export class ControlModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(OutboxRelay) private readonly relay: OutboxRelay,
    @Inject(METRICS) metrics: Registry,
  ) {
    const pending = new Gauge({
      name: 'payday_outbox_pending',
      help: 'Events that wait to be published',
      registers: [metrics],
      async collect() {
        // While the database is unreachable the value is unknown; the last one must not stay.
        const count = await relay.pending().catch(() => null);
        if (count === null) pending.reset();
        else pending.set(count);
      },
    });
  }

  static register({ latencyPercentiles, ...options }: ControlModuleOptions): DynamicModule {
    return {
      module: ControlModule,
      controllers: [
        GamesController,
        LifeCycleController,
        TeamsController,
        ProofsController,
        ChangesController,
        TokensController,
        AuditController,
        LedgerController,
        UnscoredController,
      ],
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
        {
          provide: TokenStore,
          useFactory: tokenStore,
          inject: [TOKEN_VERIFIER, DATA_SOURCE, CLOCK],
        },
        GameChanges,
        GameService,
        TeamService,
        EndpointLimiter,
        ProofService,
        TokenService,
        FreezeService,
        GameLoop,
      ],
      exports: [
        GameService,
        FreezeService,
        TokenService,
        TokenStore,
        GameLoop,
        GameStore,
        LedgerReader,
        OutboxRelay,
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.relay.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.relay.stop();
  }
}

/** The store that also verifies tokens, if there is one: a token revoked here then stops working at once. */
function tokenStore(verifier: TokenVerifier, dataSource: DataSource, clock: Clock): TokenStore {
  return verifier instanceof TokenStore ? verifier : new TokenStore(dataSource, clock);
}

function relayTo(dataSource: DataSource, eventLog: EventLog, logger: Logger): OutboxRelay {
  return new OutboxRelay(dataSource, {
    append: (topic, records) => eventLog.append(topic, records),
    onError: (err) => logger.warn({ err }, 'events wait in the outbox; trying again'),
  });
}
