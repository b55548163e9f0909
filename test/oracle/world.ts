/**
 * What a fault schedule plays in: one Sluice as a process of its own, a Postgres and a Redis that belong to it, and
 * the doors by which each of them can be hurt. Ports stay the same over every restart, so that boards find their
 * broker again.
 */
import type pg from 'pg'
import type { Ended } from '../support/sluice.ts'
import type { TcpProxy } from './tcp-proxy.ts'

/** Where Sluice ends itself with SIGKILL, the `after`-th time it comes by (from 1). */
export interface FailPoint {
  readonly name: FailPointName
  readonly after: number
}

export const FAIL_POINTS = [
  'before-fsync', // the group is written nowhere yet
  'after-fsync', // it is durable, and nobody was told
  'in-copy', // some of the rows were sent
  'before-commit', // all rows were sent, COMMIT was not
  'after-commit', // Postgres has committed, and its answer never came
  'before-trim', // the answer came, the spool still has the rows
] as const

export type FailPointName = (typeof FAIL_POINTS)[number]

export interface SluiceProcess {
  /** True from `listening` on until it ended. */
  readonly running: boolean
  /** Starts it when it does not run; resolves when it listens. It starts itself again after a fail point. */
  start(failPoint?: FailPoint): Promise<void>
  /** Resolves when the process is gone, however it went. */
  readonly ended: Promise<Ended>
  signal(signal: NodeJS.Signals): void
  /** Its log lines since the world began, of all its processes. */
  readonly log: readonly Readonly<Record<string, unknown>>[]
  /** How each of its processes ended so far. */
  readonly ends: readonly Ended[]
  readonly pid: number | undefined
}

export interface OwnPostgres {
  /** `fast`: connections are cut; `immediate`: as a crash. */
  stop(mode: 'fast' | 'immediate'): Promise<void>
  start(): Promise<void>
  /** SIGSTOP for every process of the cluster, and SIGCONT. */
  freeze(): Promise<void>
  thaw(): Promise<void>
}

export interface OwnRedis {
  readonly url: string
  /** SIGKILL; `start` begins with nothing. */
  kill(): Promise<void>
  start(): Promise<void>
}

/** The disk of DATA_DIR: small enough to be filled. */
export interface Disk {
  fill(): Promise<void>
  free(): Promise<void>
}

export interface World {
  /** `http://127.0.0.1:port` */
  readonly http: string
  readonly mqttPort: number
  readonly dataDir: string
  readonly sluice: SluiceProcess
  readonly postgres: OwnPostgres
  /** Past the proxy, reconnecting by itself; queries fail while Postgres is away. */
  readonly pool: pg.Pool
  /** The link from Sluice to Postgres. */
  readonly proxy: TcpProxy
  readonly redis: OwnRedis
  readonly disk: Disk
  /** What the faults did in detail (which byte of which file), for whoever looks for the cause of a failure. */
  readonly notes: readonly string[]
  note(text: string): void
  close(): Promise<void>
}
