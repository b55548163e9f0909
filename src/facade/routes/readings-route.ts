import { type DeviceId, parseDeviceId, type Reading, type ReadingService } from '../../../bridge/index.ts'
import type { FacadeApp, FacadeDeps } from '../app.ts'
import { errorAnswer } from '../contract/answers.ts'
import { type SensorDataRow, sensorDataAnswer, sensorDataQuery } from '../contract/readings.ts'
import { responseTimeOf } from '../errors.ts'

/**
 * Six significant digits, as this route always answered: sketches send single precision, and 25.29999924 is what
 * becomes of their 25.3. What is stored stays as it was sent.
 */
const sixDigits = (value: number | null): number | null =>
  value === null ? null : Number(value.toPrecision(6))

const toRow = (reading: Reading): SensorDataRow => ({
  timestamp: reading.ts,
  temperature: sixDigits(reading.temperature),
  humidity: sixDigits(reading.humidity),
  distance: sixDigits(reading.distance),
  lightLevel: reading.lightLevel === null ? null : Math.round(reading.lightLevel),
})

/** The newest readings of all these devices together, by time of receipt. */
const recentOf = async (
  readings: ReadingService,
  ids: readonly DeviceId[],
  limit: number,
): Promise<readonly Reading[]> => {
  const lists = await Promise.all(ids.map((id) => readings.recent(id, limit)))
  const merged = lists.length === 1 ? lists : [lists.flat().sort((a, b) => b.receivedAt - a.receivedAt)]
  return (merged[0] ?? []).slice(0, limit)
}

/**
 * `GET /api/v1/sensor-data`: the newest readings of a device, newest first by time of receipt. A device
 * nobody knows has none: 200 and an empty list. An outage is a 503, never an empty list.
 */
export const readingsRoute = (app: FacadeApp, { readings }: FacadeDeps): void => {
  const response = { 200: sensorDataAnswer, '4xx': errorAnswer, '5xx': errorAnswer }
  app.get('/sensor-data', { schema: { querystring: sensorDataQuery, response } }, async (request, reply) => {
    const { deviceId, limit } = request.query
    // A text that cannot be an id names a device that cannot exist.
    const ids = Array.from(new Set(deviceId), parseDeviceId).filter((id) => id !== undefined)
    const data = (await recentOf(readings, ids, limit)).map(toRow)
    const responseTime = responseTimeOf(reply)
    const [only = '', ...others] = deviceId
    const asked = others.length === 0 ? only : deviceId
    return { success: true as const, data, count: data.length, deviceId: asked, responseTime }
  })
}
