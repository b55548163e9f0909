import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Clock, DeviceService, HealthReport, ReadingService } from '../../bridge/index.ts'

/** What route files register on: fastify, typed by the schemas of contract.ts. */
export type FacadeApp = FastifyInstance<
  Server,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

export interface FacadeLog {
  error(details: object, message: string): void
}

export interface FacadeDeps {
  readonly readings: ReadingService
  readonly devices: DeviceService
  readonly health: () => HealthReport | Promise<HealthReport>
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>
  readonly clock: Clock
  readonly log?: FacadeLog
}

export interface FacadeOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Unexpected errors carry their message as `details` in `development` only. */
  readonly nodeEnv: 'development' | 'production' | 'test'
  /** Secret. Set: `/api/v1` demands it. Undefined: open. */
  readonly apiKey: string | undefined
  /** Shown by `/health` as `backendVersion`. */
  readonly version?: string
  /** Bound of a request body, unpacked. The contract says 50 MiB. */
  readonly maxBodyBytes?: number
  /** How long `stop` waits for requests in flight. */
  readonly stopTimeoutMs?: number
}
