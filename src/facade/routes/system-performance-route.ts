import type { FacadeApp, RouteDeps } from '../app.ts'
import { errorAnswer } from '../contract/answers.ts'
import { type Performance, performanceAnswer } from '../contract/system.ts'
import { createResponseTimes } from '../response-times.ts'
import { withHitRates } from './hit-rates.ts'

const MIB = 1_048_576
const megabytes = (bytes: number): string => `${Math.round(bytes / MIB)} MB`

const memory = (): Performance['memory'] => {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage()
  return {
    rss: megabytes(rss),
    heapUsed: megabytes(heapUsed),
    heapTotal: megabytes(heapTotal),
    external: megabytes(external),
  }
}

/** `GET /api/v1/system/performance`: what the older backend told, and the load of what it did not have. */
export const systemPerformanceRoute = (app: FacadeApp, deps: RouteDeps): void => {
  const { devices, load, sockets } = deps
  const times = createResponseTimes(() => performance.now())
  app.addHook('onResponse', (_request, reply, done) => {
    times.add(reply.elapsedTime)
    done()
  })
  const schema = { response: { 200: performanceAnswer, '5xx': errorAnswer } }
  app.get('/system/performance', { schema }, async () => {
    const { online, offline, warning, error, maintenance } = await devices.counts()
    const others = offline + warning + error + maintenance
    const { spool, pendingBytes, mqttConnections, caches } = load()
    return {
      success: true as const,
      performance: {
        uptime: Math.floor(process.uptime()),
        memory: memory(),
        devices: { total: online + others, online, offline: others },
        websocketConnections: sockets(),
        nodeVersion: process.version,
        platform: process.platform,
        mqttConnections,
        spool,
        queues: { pendingBytes },
        caches: withHitRates(caches),
        responseTimes: times.read(),
      },
    }
  })
}
