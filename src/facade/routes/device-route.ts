import {
  type BuzzerRequest,
  type DeviceBalance,
  type DeviceId,
  type DeviceSummary,
  frameUrl,
  lossRatio,
} from '../../../bridge/index.ts'
import type { FacadeApp, FacadeDeps } from '../app.ts'
import { errorAnswer } from '../contract/answers.ts'
import { deviceIdParams } from '../contract/device-id.ts'
import { type DeviceDetail, deviceAnswer } from '../contract/overview.ts'
import { noStore } from '../http/cache-profile.ts'
import { overviewRowOf } from './overview-rows.ts'
import { partOf } from './part-of.ts'

const MAX_LETTERS = 20
const NO_DATABASE = 'No database is used: dead letters wait in the spool'

type Buzzer = NonNullable<DeviceDetail['buzzer']>

const toBuzzer = (request: BuzzerRequest, handedOverAt: number | undefined): Buzzer => {
  const { id, status, durationMs, requestedAt, buzzedAt, expiresAt } = request
  const deliveredAt = request.deliveredAt ?? handedOverAt ?? null
  return { id, status, durationMs, requestedAt, deliveredAt, completedAt: buzzedAt, expiresAt }
}

const booksOf = (balance: DeviceBalance | undefined) => {
  const sequence = balance?.sequence ?? null
  return {
    received: balance?.received ?? 0,
    deduplicated: balance?.deduplicated ?? 0,
    deadLettered: balance?.deadLettered ?? 0,
    lossRatio: sequence && lossRatio(sequence),
    missing: sequence?.missing ?? null,
    sequence: sequence && {
      boot: sequence.boot,
      highest: sequence.highest,
      contiguous: sequence.contiguous,
    },
  }
}

/** What only a store may know; the rest is told without it. */
const storedOf = async ({ buzzer, letters }: FacadeDeps, deviceId: DeviceId) => {
  const [newest, found] = await Promise.all([
    partOf(buzzer.newest(deviceId)),
    letters === undefined ? { why: NO_DATABASE } : partOf(letters(deviceId, MAX_LETTERS)),
  ])
  return {
    buzzer:
      'value' in newest && newest.value !== undefined
        ? toBuzzer(newest.value, buzzer.handedOverAt(newest.value.id))
        : null,
    deadLetters: 'value' in found ? found.value : null,
    unavailable: {
      ...('why' in found ? { deadLetters: found.why } : {}),
      ...('why' in newest ? { buzzer: newest.why } : {}),
    },
  }
}

const detailOf = async (deps: FacadeDeps, summary: DeviceSummary): Promise<DeviceDetail> => {
  const { device, frame } = summary
  const stored = await storedOf(deps, device.id)
  return {
    ...overviewRowOf(summary, deps.clock()),
    firstSeen: device.createdAt,
    ipAddress: device.ipAddress,
    capabilities: device.capabilities,
    ...booksOf(deps.balance.device(device.id)),
    ...stored,
    frame: frame ? { filename: frame.filename, url: frameUrl(frame.filename), at: frame.at } : null,
  }
}

/** `GET /api/v1/devices/:deviceId`: what there is to tell of one device; while the database is away, without its part. */
export const deviceRoute = (app: FacadeApp, deps: FacadeDeps): void => {
  const schema = {
    params: deviceIdParams,
    response: { 200: deviceAnswer, 404: errorAnswer, '5xx': errorAnswer },
  }
  app.get('/devices/:deviceId', { schema }, async ({ params: { deviceId } }, reply) => {
    const summary = deviceId && (await deps.devices.summary(deviceId))
    // To ask for a path that takes POST only is answered as everywhere, unless a device is called that.
    if (!summary && deviceId === 'register') return reply.callNotFound()
    noStore(reply)
    if (!summary) return reply.code(404).send({ success: false, error: 'Device not found' })
    return reply.send({ success: true, now: deps.clock(), device: await detailOf(deps, summary) })
  })
}
