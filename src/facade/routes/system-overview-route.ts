import type { FacadeApp, FacadeOptions, RouteDeps } from '../app.ts'
import { errorAnswer } from '../contract/answers.ts'
import { systemOverviewAnswer } from '../contract/overview.ts'
import { noStore } from '../http/cache-profile.ts'
import { withHitRates } from './hit-rates.ts'
import { toSheet } from './to-sheet.ts'

/** `GET /api/v1/system/overview`: whether all is well, in one answer. While Postgres is away its part is null. */
export const systemOverviewRoute = (app: FacadeApp, deps: RouteDeps, options: FacadeOptions): void => {
  const { balance, clock, figures, health, load, sockets } = deps
  const schema = { response: { 200: systemOverviewAnswer, '5xx': errorAnswer } }
  app.get('/system/overview', { schema }, async (_request, reply) => {
    const [{ connections, ...told }, { ready, degraded, parts }] = await Promise.all([figures(), health()])
    noStore(reply)
    return {
      success: true as const,
      now: clock(),
      version: options.version ?? '0.0.0',
      uptimeMs: Math.round(process.uptime() * 1_000),
      ...told,
      caches: withHitRates(load().caches),
      balance: toSheet(balance.total()),
      connections: { ...connections, sockets: sockets() },
      ready,
      degraded,
      parts,
    }
  })
}
