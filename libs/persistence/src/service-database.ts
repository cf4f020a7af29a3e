import type { Clock } from '#kernel';
import type { DataSource } from 'typeorm';
import type { ADVISORY_LOCKS } from './advisory-locks.js';
import type { OpenDatabaseOptions } from './database.js';
import { acquireLeadership, type LeadershipOptions } from './leadership.js';
import { PostgresLeaseStore } from './lease-store.js';
import { assertMigrated, openMigratedDatabase } from './migrated.js';
import { TokenStore } from './token-store.js';

export interface ServicePostgresOptions extends Pick<OpenDatabaseOptions, 'poolSize' | 'migrations'> {
  /** The service needs the database only at the start and is ready without it afterwards. Default false. */
  startOnly?: boolean;
  /** The service verifies tokens. Default false: it refuses all of them. */
  tokens?: boolean;
  /** Copies of the service share partitions by leases. Default false. */
  leases?: boolean;
  /** One copy of the service acts at a time. Default: all do. */
  leader?: { lock: (typeof ADVISORY_LOCKS)[keyof typeof ADVISORY_LOCKS]; applicationName: string };
}

type LeadershipHandlers = Omit<LeadershipOptions, 'applicationName'>;

/** How a service uses PostgreSQL, in the form that `defineService` takes. The schema must be migrated already (`payday migrate`). */
export function servicePostgres(options: ServicePostgresOptions = {}) {
  const { poolSize, migrations, startOnly = false, tokens = false, leases = false, leader } = options;
  return {
    open: (url: string) => openMigratedDatabase(url, { poolSize, migrations }),
    check: startOnly ? undefined : assertMigrated,
    tokenVerifier: tokens
      ? (dataSource: DataSource, clock: Clock) => new TokenStore(dataSource, clock)
      : undefined,
    leases: leases ? (dataSource: DataSource) => new PostgresLeaseStore(dataSource) : undefined,
    lead: leader
      ? (dataSource: DataSource, { signal, onStandby, onLost }: LeadershipHandlers) =>
          acquireLeadership(dataSource, leader.lock, {
            ...{ signal, onStandby, onLost },
            applicationName: leader.applicationName,
          })
      : undefined,
  };
}
