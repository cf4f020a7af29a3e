import type { OpenEventLogOptions } from '#event-log';
import type { Clock } from '#kernel';
import type { DataSource } from 'typeorm';
import type { TokenVerifier } from '../auth.js';
import type { ServiceParts } from './service.js';

type LeaseStore = NonNullable<OpenEventLogOptions['leases']>;
type Release = () => Promise<void>;

/** How a service uses its database; `servicePostgres` of libs/persistence makes it. */
export interface ServiceDatabase {
  /** @throws PaydayError `schema_outdated`, or a retryable one: the service waits and tries again */
  open(url: string): Promise<DataSource>;
  /** `/readyz` runs it; rejects while the service cannot use the database. Absent: the service needs the database at the start only. */
  check?(dataSource: DataSource): Promise<void>;
  /** Absent: the service refuses every token. */
  tokenVerifier?(dataSource: DataSource, clock: Clock): TokenVerifier;
  /** For services that share partitions, in logs without a group protocol of their own. */
  leases?(dataSource: DataSource): LeaseStore & { close: Release };
  /** For services of which one copy acts: resolves when this copy leads, with what gives the leadership up. */
  lead?(
    dataSource: DataSource,
    on: { signal: AbortSignal; onStandby(): void; onLost(reason: Error): void },
  ): Promise<Release>;
}

/** Waits for the database; `/readyz` checks it from then on, unless it is needed at the start only. */
export async function openServiceDatabase(
  database: ServiceDatabase,
  url: string,
  { readiness, waitFor }: ServiceParts,
): Promise<DataSource> {
  const dataSource = await waitFor('database', () => database.open(url));
  if (database.check) readiness.register('database', () => database.check!(dataSource));
  return dataSource;
}

/** Waits until this copy of the service leads; until then `/readyz` says that it stands by. */
export async function waitForLeadership(
  name: string,
  lead: NonNullable<ServiceDatabase['lead']>,
  dataSource: DataSource,
  { logger, readiness, stopping: signal, fail: onLost }: ServiceParts,
): Promise<Release> {
  const standby = `standing by: another ${name.replaceAll('-', ' ')} acts`;
  readiness.register('only one', () => {
    throw new Error(standby);
  });
  const release = await lead(dataSource, { signal, onLost, onStandby: () => logger.info(standby) });
  readiness.remove('only one');
  return release;
}
