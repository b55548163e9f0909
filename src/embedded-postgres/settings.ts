/** The server's settings: durable first, then sized for a small machine that also runs the broker. */
const FIXED: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // An acked row is on disk: the bridge deletes it from the spool because of this.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '128MB',
  max_connections: '50',
  wal_compression: 'on',
  // Checkpoints are what makes COPY latency jump; few and spread out.
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  checkpoint_completion_target: '0.9',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // The program reads stderr; the SQLSTATE at the start of a line is what it goes by, never the words.
  logging_collector: 'off',
  log_destination: 'stderr',
  log_line_prefix: '%e ',
  cluster_name: 'sluice',
}

/** Command line arguments, which win over the cluster's own files; `extra` wins over the defaults. */
export const settingsArguments = (port: number, extra: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries({ ...FIXED, ...extra, port: String(port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
