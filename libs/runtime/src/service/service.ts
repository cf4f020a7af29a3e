import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Registry } from 'prom-client';
import type { Clock } from '#kernel';
import type { ConfigOf, Sections } from '../config/index.js';
import type { httpSection, processSection } from '../config/index.js';
import type { Readiness } from '../health.js';
import type { Logger } from '../logger.js';
import type { WaitFor } from './wait-for.js';

/** Every service listens, and every service behaves. */
export type ServiceSections = Sections & {
  http: ReturnType<typeof httpSection>;
  process: ReturnType<typeof processSection>;
};

/** What a service is given besides its configuration. */
export interface ServiceParts {
  clock: Clock;
  logger: Logger;
  metrics: Registry;
  /** Give it to `RuntimeModule`. */
  readiness: Readiness;
  waitFor: WaitFor;
  /** Aborted when the process is told to stop. */
  stopping: AbortSignal;
  /** Where the service will listen. */
  listensAt: { host: string; port: number };
  /** Ends the process as SIGTERM does, but with exit code 1: something was lost without which it cannot go on. */
  fail(reason: Error): void;
}

/** A service that has been built but does not listen yet. */
export interface ServiceApp {
  app: NestFastifyApplication;
  /** Called when the app is initialised, before it listens: reads what must be known before the first request. */
  begin?(): Promise<void>;
  /** Gives work back, e.g. partitions and unsent results, while `/readyz` says 503 and the app still answers. */
  handOver?(): Promise<void>;
  /** Lets go of log and database, after the app was closed. */
  close(): Promise<void>;
}

/** One service that can be a process of its own. */
export interface Service<S extends ServiceSections = ServiceSections> {
  name: string;
  /** For the help: one or two sentences. */
  summary: string;
  sections: S;
  /** Opens what it needs and builds the app. Rejects if it can never work. */
  start(config: ConfigOf<S>, parts: ServiceParts): Promise<ServiceApp>;
}

/** Gives `start` the types of its own sections. */
export function defineService<S extends ServiceSections>(service: Service<S>): Service<S> {
  return service;
}
