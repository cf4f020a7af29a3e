import {
  ConfigurableModuleBuilder,
  Global,
  Module,
  type InjectionToken,
  type Provider,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import type { EventLog } from '#event-log';
import type { Clock } from '#kernel';
import type { Registry } from 'prom-client';
import { AsyncApi, AsyncApiController } from './async-api.js';
import { DenyByDefault, TokenGuard, type TokenVerifier } from './auth.js';
import { HealthController, Readiness } from './health.js';
import type { Logger } from './logger.js';
import { ProblemFilter } from './problem-filter.js';
import { CLOCK, DATA_SOURCE, EVENT_LOG, LOGGER, METRICS, TOKEN_VERIFIER } from './tokens.js';

/** The parts that a process shares with its services. `dataSource` is a TypeORM `DataSource`. */
export interface RuntimeParts {
  clock: Clock;
  logger: Logger;
  metrics: Registry;
  eventLog: EventLog;
  dataSource?: unknown;
  /** Default: refuses every token. */
  tokenVerifier?: TokenVerifier;
  /** Default: a new one. */
  readiness?: Readiness;
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<RuntimeParts>().build();

const provide = (token: InjectionToken, read: (parts: RuntimeParts) => unknown): Provider => ({
  provide: token,
  inject: [MODULE_OPTIONS_TOKEN],
  useFactory: read,
});

const PARTS: Provider[] = [
  provide(CLOCK, ({ clock }) => clock),
  provide(LOGGER, ({ logger }) => logger),
  provide(METRICS, ({ metrics }) => metrics),
  provide(EVENT_LOG, ({ eventLog }) => eventLog),
  provide(DATA_SOURCE, ({ dataSource }) => dataSource ?? null),
  provide(TOKEN_VERIFIER, ({ tokenVerifier }) => tokenVerifier ?? { verify: async () => null }),
  provide(Readiness, ({ readiness }) => readiness ?? new Readiness()),
  AsyncApi,
];

/** Applied to every request. The guards run in this order, so that a handler without `Roles` is refused before any look at the token. */
export const HTTP_ENHANCERS: readonly Provider[] = [
  { provide: APP_FILTER, useClass: ProblemFilter },
  { provide: APP_GUARD, useClass: DenyByDefault },
  { provide: APP_GUARD, useClass: TokenGuard },
];

/** Shared parts, guards and error format for every module of the process, and `/healthz`, `/readyz`, `/metrics`, `/api/asyncapi.json`. */
@Global()
@Module({
  controllers: [HealthController, AsyncApiController],
  providers: [...PARTS, ...HTTP_ENHANCERS],
  exports: PARTS,
})
export class RuntimeModule extends ConfigurableModuleClass {}
