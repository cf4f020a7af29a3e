import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Registry } from 'prom-client';
import type { Clock } from '#kernel';
import type { ConfigOf, Sections } from '../config/index.js';
import type { httpSection, logSection, processSection } from '../config/index.js';
import type { Readiness } from '../health.js';
import type { Logger } from '../logger.js';
import type { WaitFor } from './wait-for.js';

/** The sections that every service has. */
export type ServiceSections = Sections & {
  log: typeof logSection;
  http: ReturnType<typeof httpSection>;
  process: ReturnType<typeof processSection>;
};

/** What a service gets besides its configuration. */
export interface ServiceParts {
  clock: Clock;
  logger: Logger;
  metrics: Registry;
  readiness: Readiness;
  waitFor: WaitFor;
  /** Aborted when the process is asked to stop. */
  stopping: AbortSignal;
  /** Where the service will listen. */
  listensAt: { host: string; port: number };
  /** Stops the process as SIGTERM does, but with exit code 1: it has lost something that it cannot work without. */
  fail(reason: Error): void;
}

/** A service that has been built but does not listen yet. */
export interface ServiceApp {
  app: NestFastifyApplication;
  /** Called when the app is initialised, before it listens: reads what the first request needs. */
  begin?(): Promise<void>;
  /** Gives work back, e.g. partitions and unsent results, while `/readyz` says 503 and the app still answers. */
  handOver?(): Promise<void>;
  /** Closes log and database, after the app has closed. */
  close(): Promise<void>;
}

/** One service that can be a process of its own. */
export interface Service<S extends ServiceSections = ServiceSections> {
  name: string;
  /** For the help: one or two sentences. */
  summary: string;
  sections: S;
  /** Opens what the service needs and builds its app. Rejects if the service can never work. */
  start(config: ConfigOf<S>, parts: ServiceParts): Promise<ServiceApp>;
}
