import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Registry } from 'prom-client';
import type { PreciseClock } from '#kernel';
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

/** The shared parts that a service receives besides its configuration. */
export interface ServiceParts {
  clock: PreciseClock;
  logger: Logger;
  metrics: Registry;
  readiness: Readiness;
  waitFor: WaitFor;
  /** Aborts when the process begins to stop. */
  stopping: AbortSignal;
  /** Where the service will listen. */
  listensAt: { host: string; port: number };
  /** Stops the process as SIGTERM does, but with exit code 1, after losing something that it cannot work without. */
  fail(reason: Error): void;
}

/** A service that has been built but does not listen yet. */
export interface ServiceApp {
  app: NestFastifyApplication;
  /** Called after the app is initialised and before it listens: loads the state that the first request needs. */
  begin?(): Promise<void>;
  /** Hands over work, e.g. partitions and unsent results, while `/readyz` answers 503 and the app still serves. */
  handOver?(): Promise<void>;
  /** Releases the log and the database after the app has closed. */
  close(): Promise<void>;
}

/** A service that can run as its own process. */
export interface Service<S extends ServiceSections = ServiceSections> {
  name: string;
  /** One or two sentences for the help. */
  summary: string;
  sections: S;
  /** Opens its dependencies and builds the app. Rejects if it can never work. */
  start(config: ConfigOf<S>, parts: ServiceParts): Promise<ServiceApp>;
}
