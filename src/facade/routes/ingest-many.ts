/**
 * Readings of several devices in one request. All or nothing holds for each device, not for the request: the
 * devices are taken in side by side (they share one fsync), and one that is refused does not hold back the
 * others. The answer of such a request is not 200 and says how many readings are stored. A client that
 * repeats the whole request should send `boot` and `seq`: what is stored is then not stored twice.
 */
import type { z } from 'zod'
import type { Ingested, ReadingService } from '../../../bridge/index.ts'
import type { deviceReceipt } from '../contract/ingest.ts'
import type { DeviceReadings } from '../contract/ingest-body.ts'
import { type Outage, outageOf } from '../errors.ts'

type Receipt = z.infer<typeof deviceReceipt>

export interface RefusedDevice {
  readonly deviceId: string
  readonly error: string
}

export type ManyIngested =
  | { readonly ok: true; readonly data: readonly Receipt[]; readonly count: number }
  | {
      readonly ok: false
      /** Set when the request is worth repeating. */
      readonly outage: Outage | undefined
      readonly error: string
      readonly stored: number
      readonly refused: readonly RefusedDevice[]
    }

type Outcome =
  | { readonly kind: 'stored'; readonly count: number; readonly receipt: Receipt }
  | { readonly kind: 'refused'; readonly refusal: RefusedDevice; readonly outage: Outage | undefined }

const receiptOf = ({ deviceId, readings }: DeviceReadings, ingested: Ingested & { ok: true }): Receipt => {
  const receivedAt = ingested.readings[0]?.receivedAt
  if (receivedAt === undefined) throw new TypeError('a stored reading is missing from its own receipt')
  return { id: ingested.id, deviceId, count: readings.length, createdAt: new Date(receivedAt).toISOString() }
}

const ingestDevice = async (service: ReadingService, device: DeviceReadings): Promise<Outcome> => {
  const { deviceId, readings } = device
  const refused = (error: string, outage?: Outage): Outcome => {
    return { kind: 'refused', refusal: { deviceId, error }, outage }
  }
  try {
    const ingested = await service.ingest(deviceId, readings)
    if (!ingested.ok) return refused(ingested.rejection.detail)
    return { kind: 'stored', count: readings.length, receipt: receiptOf(device, ingested) }
  } catch (error) {
    const outage = outageOf(error)
    if (outage === undefined) throw error
    return refused(outage.error, outage)
  }
}

/** Resolves when every device's readings are durable or refused. Throws what nobody expected. */
export const ingestMany = async (
  service: ReadingService,
  devices: readonly DeviceReadings[],
): Promise<ManyIngested> => {
  const outcomes = await Promise.all(devices.map((device) => ingestDevice(service, device)))
  const stored = outcomes.filter((outcome) => outcome.kind === 'stored')
  const refused = outcomes.filter((outcome) => outcome.kind === 'refused')
  const count = stored.reduce((sum, outcome) => sum + outcome.count, 0)
  const [first] = refused
  if (first === undefined) return { ok: true, data: stored.map(({ receipt }) => receipt), count }
  const outage = refused.find((outcome) => outcome.outage !== undefined)?.outage
  const { deviceId, error } = first.refusal
  return {
    ok: false,
    outage,
    error: outage?.error ?? `device ${deviceId}: ${error}`,
    stored: count,
    refused: refused.map(({ refusal }) => refusal),
  }
}
