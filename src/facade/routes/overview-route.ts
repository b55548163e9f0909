import type { FacadeApp, FacadeDeps } from '../app.ts'
import { errorAnswer } from '../contract/answers.ts'
import { overviewAnswer } from '../contract/overview.ts'
import { noStore } from '../http/cache-profile.ts'
import { overviewRowOf } from './overview-rows.ts'

const MAX_DEVICES = 10_000

/** `GET /api/v1/overview`: all devices with their latest values, out of memory. */
export const overviewRoute = (app: FacadeApp, { devices, clock }: FacadeDeps): void => {
  const schema = { response: { 200: overviewAnswer, '5xx': errorAnswer } }
  app.get('/overview', { schema }, async (_request, reply) => {
    const known = await devices.overview(MAX_DEVICES)
    const now = clock()
    noStore(reply)
    return {
      success: true as const,
      now,
      total: known.total,
      devices: known.devices.map((summary) => overviewRowOf(summary, now)),
    }
  })
}
