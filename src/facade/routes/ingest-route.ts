import type { FacadeApp, FacadeDeps } from '../app.ts'
import { ingestAnswer, ingestBody, ingestRefusal } from '../contract/ingest.ts'
import { responseTimeOf } from '../errors.ts'
import { noStore } from '../http/cache-profile.ts'
import { ingestMany } from './ingest-many.ts'
import { ingestOne } from './ingest-one.ts'

const RECEIVED = { success: true, message: 'Data received' } as const

/**
 * `POST /api/v1/ingest/sensor-data`: an object is one reading; an array holds readings of one or several
 * devices. 200 means that every reading of the request is fsynced.
 */
export const ingestRoute = (app: FacadeApp, { readings }: FacadeDeps): void => {
  const response = { 200: ingestAnswer, 400: ingestRefusal, 503: ingestRefusal }
  app.post('/ingest/sensor-data', { schema: { body: ingestBody, response } }, async ({ body }, reply) => {
    if (body.kind === 'one') {
      const one = await ingestOne(readings, body.deviceId, body.reading)
      const responseTime = responseTimeOf(reply)
      if (!one.ok) {
        return reply.code(400).send({ success: false, error: one.error, reason: one.reason, responseTime })
      }
      noStore(reply)
      return reply.send({ ...RECEIVED, data: one.data, responseTime })
    }
    const many = await ingestMany(readings, body.devices)
    const responseTime = responseTimeOf(reply)
    if (many.ok) {
      noStore(reply)
      return reply.send({ ...RECEIVED, data: many.data, count: many.count, responseTime })
    }
    const { outage, error, stored, refused } = many
    if (outage !== undefined) reply.header('Retry-After', outage.retryAfterS)
    const status = outage === undefined ? 400 : 503
    return reply.code(status).send({ success: false, error, stored, refused, responseTime })
  })
}
