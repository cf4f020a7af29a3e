import type { DynamicModule, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ConfigOf } from '../config/index.js';
import { createHttpApp } from '../http-app.js';
import { serveOpenApi } from '../open-api.js';
import { RuntimeModule } from '../runtime-module.js';
import { serveWebPages } from '../web-pages.js';
import {
  openServiceDatabase,
  waitForLeadership,
  type DatabaseHandle,
  type ServiceDatabase,
} from './database.js';
import { connectGameEvents, openServiceLog } from './log-part.js';
import type { Service, ServiceApp, ServiceParts, ServiceSections } from './service.js';

/** A service as data: what it needs, and the module that does its work. */
export interface ServiceDefinition<S extends ServiceSections, D extends DatabaseHandle> {
  name: string;
  /** One or two sentences for the help. */
  summary: string;
  sections: S;
  /** Goes with a section `database`. */
  database?: ServiceDatabase<D>;
  /**
   * The service's own module, beside `RuntimeModule`. Called before anything is opened, so that a mistake in a file that it
   * reads shows immediately.
   */
  module(config: ConfigOf<S>, parts: ServiceParts): Type | DynamicModule;
  /** Delivers game events to the `@OnGameEvent` handlers; the service listens once they have handled all past events. */
  gameEvents?: boolean;
  /** `api`: the OpenAPI document; `pages`: the web pages. */
  serves?: readonly ('api' | 'pages')[];
  /** Called after the app has caught up with the game events and before it listens. */
  begin?(app: NestFastifyApplication): Promise<void> | void;
  /** Hands over work, e.g. partitions and unsent results, while `/readyz` answers 503 and the app still serves. */
  handOver?(app: NestFastifyApplication): Promise<void>;
}

/** Makes a service that `runService` runs. */
export function defineService<S extends ServiceSections, D extends DatabaseHandle>(
  definition: ServiceDefinition<S, D>,
): Service<S> {
  const { name, summary, sections } = definition;
  return { name, summary, sections, start: (config, parts) => startService(definition, config, parts) };
}

/** Root of every service's module graph. */
class ServiceRoot {}

async function startService<S extends ServiceSections, D extends DatabaseHandle>(
  { name, database, gameEvents, serves = [], ...definition }: ServiceDefinition<S, D>,
  config: ConfigOf<S>,
  parts: ServiceParts,
): Promise<ServiceApp> {
  const { clock, logger, metrics, readiness } = parts;
  const { log, database: at } = config as ConfigOf<ServiceSections> & { database?: { url: string } };
  const module = definition.module(config, parts);
  const openDatabase = async () => database && openServiceDatabase(database, at!.url, parts);
  // Leases are in the database, so a service that uses them opens the database before the log.
  const early = database?.leases ? await openDatabase() : undefined;
  const leases = early && database?.leases?.(early);
  const eventLog = await openServiceLog(log, parts, { leases });
  const dataSource = early ?? (await openDatabase());
  const release =
    dataSource && database?.lead && (await waitForLeadership(name, database.lead, dataSource, parts));
  const runtime = RuntimeModule.register({
    ...{ clock, logger, metrics, readiness, eventLog, dataSource },
    tokenVerifier: dataSource && database?.tokenVerifier?.(dataSource, clock),
  });
  const app = await createHttpApp({ module: ServiceRoot, imports: [runtime, module] }, logger);
  if (serves.includes('pages')) await serveWebPages(app);
  if (serves.includes('api')) serveOpenApi(app);
  const caughtUp = gameEvents ? connectGameEvents(app, eventLog, parts) : undefined;
  return {
    app,
    begin: async () => {
      await app.startAllMicroservices();
      await caughtUp;
      await definition.begin?.(app);
    },
    handOver: async () => definition.handOver?.(app),
    close: async () => {
      await release?.();
      await eventLog.close();
      await leases?.close();
      await dataSource?.destroy();
    },
  };
}
