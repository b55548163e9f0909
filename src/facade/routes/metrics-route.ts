import type { FacadeApp, FacadeDeps } from '../app.ts'
import { noStore } from '../http/cache-profile.ts'

/** `GET /metrics`: the text for Prometheus. */
export const metricsRoute = (app: FacadeApp, { metrics }: FacadeDeps): void => {
  app.get('/metrics', async (_request, reply) => {
    const { contentType, body } = await metrics()
    noStore(reply)
    return reply.type(contentType).send(body)
  })
}
