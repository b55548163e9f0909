import type { FacadeApp, FacadeDeps, FacadeOptions } from './app.ts'
import { createApiKeyHook } from './http/api-key.ts'
import { devicesRoute } from './routes/devices-route.ts'
import { healthRoute } from './routes/health-route.ts'
import { ingestRoute } from './routes/ingest-route.ts'
import { metricsRoute } from './routes/metrics-route.ts'
import { readingsRoute } from './routes/readings-route.ts'

type Route = (app: FacadeApp, deps: FacadeDeps, options: FacadeOptions) => void

/** For supervisors and scrapers: no prefix, no key. */
const OPERATOR_ROUTES: readonly Route[] = [healthRoute, metricsRoute]
/** Under `/api/v1`, behind the API key when one is set. */
const API_ROUTES: readonly Route[] = [devicesRoute, ingestRoute, readingsRoute]

/** Registers every route; a new resource is a file of its own and an entry above. */
export const useRoutes = (app: FacadeApp, deps: FacadeDeps, options: FacadeOptions): void => {
  for (const route of OPERATOR_ROUTES) route(app, deps, options)
  app.register(
    async (api) => {
      if (options.apiKey !== undefined) api.addHook('onRequest', createApiKeyHook(options.apiKey))
      for (const route of API_ROUTES) route(api, deps, options)
    },
    { prefix: '/api/v1' },
  )
}
