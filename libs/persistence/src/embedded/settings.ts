/** Settings of the embedded PostgreSQL: durable, sized for a laptop. Passed on the command line at each start. */
const SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  // No socket file: its path is limited to 107 bytes, and the path of a data folder may be longer.
  unix_socket_directories: '',
  max_connections: '60',
  shared_buffers: '128MB',
  // Acknowledged commits survive kills and power failures.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  wal_level: 'minimal',
  max_wal_senders: '0',
  wal_compression: 'on',
  wal_buffers: '16MB',
  max_wal_size: '1GB',
  min_wal_size: '160MB',
  checkpoint_timeout: '5min',
  checkpoint_completion_target: '0.9',
  autovacuum_naptime: '10s',
  jit: 'off',
  // Reports must not take the second core from scoring or need more shared memory than a container has.
  max_parallel_workers_per_gather: '0',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  log_min_messages: 'warning',
  // The log must never contain parameter values.
  log_min_error_statement: 'panic',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  dynamic_shared_memory_type: 'posix',
};

/** Arguments of the `postgres` program. */
export function postgresArgs(clusterDir: string, port: number): string[] {
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', clusterDir, '-p', String(port), ...settings];
}
