import type { OpenEventLogOptions } from '#event-log';
import type { Clock } from '#kernel';
import type { TokenVerifier } from '../auth.js';
import type { ServiceParts } from './service.js';

type LeaseStore = NonNullable<OpenEventLogOptions['leases']>;
type Release = () => Promise<void>;

/** What this library needs of a TypeORM `DataSource`. */
export interface DatabaseHandle {
  destroy(): Promise<void>;
}

/** How a service uses its database; `servicePostgres` of libs/persistence makes it. */
export interface ServiceDatabase<D extends DatabaseHandle> {
  /** @throws PaydayError `schema_outdated`, or a retryable one: the service waits and tries again */
  open(url: string): Promise<D>;
  /** `/readyz` runs it; rejects while the service cannot use the database. Absent: the service needs the database at the start only. */
  check?(dataSource: D): Promise<void>;
  /** Absent: the service refuses every token. */
  tokenVerifier?(dataSource: D, clock: Clock): TokenVerifier;
  /** For services that share partitions, in logs without a group protocol of their own. */
  leases?(dataSource: D): LeaseStore & { close: Release };
  /** For services of which one copy acts: resolves when this copy leads, with what gives the leadership up. */
  lead?(
    dataSource: D,
    on: { signal: AbortSignal; onStandby(): void; onLost(reason: Error): void },
  ): Promise<Release>;
}

/** Waits for the database; `/readyz` checks it from then on, unless it is needed at the start only. */
export async function openServiceDatabase<D extends DatabaseHandle>(
  database: ServiceDatabase<D>,
  url: string,
  { readiness, waitFor }: ServiceParts,
): Promise<D> {
  const dataSource = await waitFor('database', () => database.open(url));
  if (database.check) readiness.register('database', () => database.check!(dataSource));
  return dataSource;
}

/** Waits until this copy of the service leads; until then `/readyz` says that it stands by. */
export async function waitForLeadership<D extends DatabaseHandle>(
  name: string,
  lead: NonNullable<ServiceDatabase<D>['lead']>,
  dataSource: D,
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
