import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import type { EventLog } from '#event-log';
import type { Clock } from '#kernel';
import type { Registry } from 'prom-client';
import { AsyncApi, AsyncApiController } from './async-api.js';
import type { TokenVerifier } from './auth.js';
import { HealthController, Readiness } from './health.js';
import type { Logger } from './logger.js';
import { CLOCK, DATA_SOURCE, EVENT_LOG, LOGGER, METRICS, TOKEN_VERIFIER } from './tokens.js';

/** The parts that a process shares with its services. `dataSource` is a TypeORM `DataSource`. */
export interface RuntimeParts {
  clock: Clock;
  logger: Logger;
  metrics: Registry;
  eventLog: EventLog;
  dataSource?: unknown;
  tokenVerifier?: TokenVerifier;
  /** Default: a new one. */
  readiness?: Readiness;
}

/** Shared parts for every module of the process, and `/healthz`, `/readyz`, `/metrics`, `/api/asyncapi.json`. */
@Module({})
export class RuntimeModule {
  static register(parts: RuntimeParts): DynamicModule {
    const providers: Provider[] = [
      { provide: CLOCK, useValue: parts.clock },
      { provide: LOGGER, useValue: parts.logger },
      { provide: METRICS, useValue: parts.metrics },
      { provide: EVENT_LOG, useValue: parts.eventLog },
      { provide: DATA_SOURCE, useValue: parts.dataSource ?? null },
      { provide: TOKEN_VERIFIER, useValue: parts.tokenVerifier ?? { verify: async () => null } },
      { provide: Readiness, useValue: parts.readiness ?? new Readiness() },
      { provide: AsyncApi, useValue: new AsyncApi() },
    ];
    return {
      module: RuntimeModule,
      global: true,
      controllers: [HealthController, AsyncApiController],
      providers,
      exports: providers,
    };
  }
}
