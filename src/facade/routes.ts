import type { FacadeApp, FacadeOptions, RouteDeps } from './app.ts'
import { docsRoute, openApiRoute } from './docs/docs-route.ts'
import { createDocs } from './docs/document.ts'
import { useRateLimit } from './http/rate-limit.ts'
import { useGuard } from './http/use-guard.ts'
import { buzzerCompleteRoute, buzzerPollRoute } from './routes/buzzer-poll-route.ts'
import { buzzerControlRoute, buzzerPingRoute, buzzerRequestRoute } from './routes/buzzer-request-route.ts'
import { buzzerStatusRoute } from './routes/buzzer-status-route.ts'
import { commandRoute } from './routes/command-route.ts'
import { deviceRoute } from './routes/device-route.ts'
import { devicesRoute } from './routes/devices-route.ts'
import { facesRoute } from './routes/faces-route.ts'
import { filesRoute } from './routes/files-route.ts'
import { framesRoute } from './routes/frames-route.ts'
import { healthRoute } from './routes/health-route.ts'
import { heartbeatRoute } from './routes/heartbeat-route.ts'
import { historyRoute } from './routes/history-route.ts'
import { ingestRoute } from './routes/ingest-route.ts'
import { liveRoute } from './routes/live-route.ts'
import { metricsRoute } from './routes/metrics-route.ts'
import { overviewRoute } from './routes/overview-route.ts'
import { pageRoute } from './routes/page-route.ts'
import { readingsRoute } from './routes/readings-route.ts'
import { recordRoute } from './routes/record-route.ts'
import { recordingsRoute } from './routes/recordings-route.ts'
import { registerRoute } from './routes/register-route.ts'
import { removeDeviceRoute } from './routes/remove-device-route.ts'
import { streamFastRoute } from './routes/stream-fast-route.ts'
import { streamFrameRoute } from './routes/stream-frame-route.ts'
import { systemBalanceRoute } from './routes/system-balance-route.ts'
import { systemOverviewRoute } from './routes/system-overview-route.ts'
import { systemPerformanceRoute } from './routes/system-performance-route.ts'
import { systemStatusRoute } from './routes/system-status-route.ts'
import { tokenRoute } from './routes/token-route.ts'

type Route = (app: FacadeApp, deps: RouteDeps, options: FacadeOptions) => void

/** For supervisors and scrapers. */
const OPERATOR_ROUTES: readonly Route[] = [healthRoute, metricsRoute]
/** Pictures, films and the page, under paths of their own. */
const FILE_ROUTES: readonly Route[] = [filesRoute, pageRoute]
/** Under `/api/v1`, and limited. */
const API_ROUTES: readonly Route[] = [
  tokenRoute,
  overviewRoute,
  devicesRoute,
  deviceRoute,
  removeDeviceRoute,
  ingestRoute,
  readingsRoute,
  historyRoute,
  registerRoute,
  heartbeatRoute,
  commandRoute,
  buzzerPollRoute,
  buzzerRequestRoute,
  buzzerCompleteRoute,
  buzzerStatusRoute,
  buzzerControlRoute,
  buzzerPingRoute,
  streamFastRoute,
  streamFrameRoute,
  framesRoute,
  liveRoute,
  recordRoute,
  recordingsRoute,
  facesRoute,
  systemStatusRoute,
  systemPerformanceRoute,
  systemBalanceRoute,
  systemOverviewRoute,
]

/** Registers every route; a new resource is a file of its own, an entry above, and one in route-access.ts. */
export const useRoutes = (app: FacadeApp, deps: RouteDeps, options: FacadeOptions): void => {
  const docs = createDocs(app, { ...options, ...deps.guard.openness })
  app.register(async (others) => {
    useGuard(others, deps.guard)
    for (const route of [...OPERATOR_ROUTES, ...FILE_ROUTES]) route(others, deps, options)
    docsRoute(others, docs)
  })
  app.register(
    async (api) => {
      useGuard(api, deps.guard)
      useRateLimit(api, { clock: deps.clock, bus: deps.bus, rateLimitMax: options.rateLimitMax })
      for (const route of API_ROUTES) route(api, deps, options)
      openApiRoute(api, docs)
    },
    { prefix: '/api/v1' },
  )
}
