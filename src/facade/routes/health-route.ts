import type { HealthReport } from '../../../bridge/index.ts'
import type { FacadeApp, FacadeDeps, FacadeOptions } from '../app.ts'
import { type HealthAnswer, healthAnswer, healthQuery } from '../contract/health.ts'
import { noStore } from '../http/cache-profile.ts'

const databaseOf = ({ parts }: HealthReport): HealthAnswer['database'] => {
  const database = parts.database
  if (database === undefined) return { status: 'disconnected', version: null, message: 'No database is used' }
  const { ok, version, message } = database
  const shown = typeof version === 'string' ? version : null
  return { status: ok ? 'connected' : 'disconnected', version: shown, message }
}

/**
 * `GET /health`: 200 when ready, also when degraded (acks go on); 503 when not. `?probe=live` asks only
 * whether the process lives: for a supervisor that restarts what does not.
 */
export const healthRoute = (app: FacadeApp, deps: FacadeDeps, options: FacadeOptions): void => {
  const schema = { querystring: healthQuery, response: { '2xx': healthAnswer, '5xx': healthAnswer } }
  app.get('/health', { schema }, async (request, reply) => {
    const report = await deps.health()
    noStore(reply)
    reply.code((request.query.probe ? report.live : report.ready) ? 200 : 503)
    return reply.send({
      status: report.ready && report.degraded.length === 0 ? 'healthy' : 'degraded',
      uptime: process.uptime(),
      timestamp: deps.clock(),
      backendVersion: options.version ?? '0.0.0',
      nodeVersion: process.version,
      database: databaseOf(report),
      live: report.live,
      ready: report.ready,
      degraded: report.degraded,
      parts: report.parts,
    })
  })
}
