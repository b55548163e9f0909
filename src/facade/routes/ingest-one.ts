/** One reading, answered as the older backend did: an object with the four metrics it knew. */
import type { z } from 'zod'
import type { DeviceId, Ingested, ReadingService } from '../../../bridge/index.ts'
import type { readingReceipt } from '../contract/ingest.ts'
import type { SentReading } from '../contract/ingest-body.ts'

type Receipt = z.infer<typeof readingReceipt>
type Stored = Extract<Ingested, { ok: true }>

const ECHOED = ['temperature', 'humidity', 'distance', 'lightLevel'] as const

/**
 * Echoes what was sent, unrounded; a number sent as text comes back as the number that is stored. `timestamp`
 * is always epoch ms: an uptime sent in its place is kept apart (contract Q4).
 */
const receiptOf = (deviceId: DeviceId, sent: SentReading, { id, readings }: Stored): Receipt => {
  const reading = readings[0]
  if (reading === undefined) throw new TypeError('a stored reading is missing from its own receipt')
  const echo: { [metric in (typeof ECHOED)[number]]?: number | null } = {}
  for (const metric of ECHOED) {
    const given = sent[metric]
    if (given !== undefined) echo[metric] = typeof given === 'number' ? given : reading[metric]
  }
  const at = new Date(reading.receivedAt).toISOString()
  return { id, deviceId, timestamp: reading.ts, ...echo, updatedAt: at, createdAt: at }
}

export type OneIngested =
  | { readonly ok: true; readonly data: Receipt }
  | { readonly ok: false; readonly error: string; readonly reason: string }

/** Resolves when the reading is durable or refused. Throws what the service throws. */
export const ingestOne = async (
  service: ReadingService,
  deviceId: DeviceId,
  sent: SentReading,
): Promise<OneIngested> => {
  const ingested = await service.ingest(deviceId, sent)
  if (ingested.ok) return { ok: true, data: receiptOf(deviceId, sent, ingested) }
  const { reason, detail } = ingested.rejection
  return { ok: false, error: detail, reason }
}
