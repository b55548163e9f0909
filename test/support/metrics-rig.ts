/** The program's metrics over made-up numbers, and what they print. */
import { createBridgeEmitter } from '../../bridge/events.ts'
import { createBrokerEmitter } from '../../broker/broker-events.ts'
import { NO_EXTERNAL_STATS } from '../../mosquitto-compat/index.ts'
import { createAckEmitter } from '../../src/ack-latency.ts'
import { DENIAL_REASONS, type DenialCounts } from '../../src/facade/index.ts'
import { createMetrics } from '../../src/metrics/index.ts'
import { sheetOf } from './balance-sheets.ts'

const none = Object.fromEntries(DENIAL_REASONS.map((reason) => [reason, 0])) as DenialCounts
const denied: DenialCounts = { ...none, forbidden: 15 }

export const createMetricsRig = () => {
  const [bridge, broker, acks] = [createBridgeEmitter(), createBrokerEmitter(), createAckEmitter()]
  const now = {
    balance: sheetOf(),
    spoolBytes: 10,
    connections: 2,
    skipped: 4,
    secondsLeft: Number.POSITIVE_INFINITY,
    oldestSpooledMs: 0,
  }
  const metrics = createMetrics(
    { bridge, broker, acks },
    {
      balance: () => now.balance,
      missing: () => 13,
      spoolBytes: () => now.spoolBytes,
      spoolMaxBytes: 100,
      spoolSecondsUntilFull: () => now.secondsLeft,
      oldestSpooledMs: () => now.oldestSpooledMs,
      waitingRows: () => 3,
      pendingBytes: () => 4,
      connections: () => now.connections,
      caches: () => ({
        devices: { hits: 1, misses: 2, size: 3 },
        readings: { hits: 4, misses: 5, size: 6 },
      }),
      boards: () => ({ buzzerPending: 1, buzzerUnsaved: 2, frames: 3, frameBytes: 4 }),
      httpConnections: () => 14,
      sockets: () => ({
        connected: 7,
        accepted: 9,
        refused: 1,
        unauthorized: 2,
        sent: 3,
        skipped: now.skipped,
        closedSlow: 5,
        closedDead: 6,
        closedLarge: 8,
        errors: 0,
      }),
      replicaReads: () => ({ replica: 31, lagging: 32, unavailable: 33, unknown: 34 }),
      storage: () => ({
        storage: {
          tables: [
            { table: 'raw', bytes: 41, partitions: 2, oldest: 0, retentionDays: 90, nextDropAt: 42_000 },
            { table: 'minute', bytes: 43, partitions: 2, oldest: 0, retentionDays: 730, nextDropAt: 44_000 },
            { table: 'hour', bytes: 45, partitions: 1, oldest: 0, retentionDays: 0, nextDropAt: null },
          ],
          rollups: { behindMs: 46_000, marks: 47 },
        },
        counts: { errors: 48, seriesRefused: 49 },
      }),
      recognition: () => ({ inFlight: 0, asked: 3, skipped: 2, unanswered: 1 }),
      bodies: () => ({ heldBytes: 11, refused: 12 }),
      denied: () => denied,
      logins: () => ({
        accepted: 21,
        badCredentials: 22,
        busy: 23,
        unavailable: 24,
        gone: 30,
        hashed: 25,
        waiting: 26,
        wrongMqtt: { atOnce: 27, late: 28, unslowed: 29 },
      }),
      recordings: () => ({ running: 0, made: 8, failed: 9 }),
      external: () => ({ ...NO_EXTERNAL_STATS, connected: 1, messagesLost: 17 }),
      cluster: () => ({ nodes: 2, filters: 31, sent: 32, packets: 33, failed: 34 }),
      tls: () => ({ daysLeft: 30, reloadFailures: 15, httpFailures: 16 }),
    },
  )
  /** The values by name and labels. */
  const samples = async (): Promise<Readonly<Record<string, string>>> => {
    const { body } = await metrics.text()
    const lines = body.split('\n').filter((line) => line.startsWith('sluice_'))
    return Object.fromEntries(lines.map((line) => line.split(/ (?=\S+$)/) as [string, string]))
  }
  return { bridge, broker, acks, now, metrics, samples }
}

export interface Family {
  readonly name: string
  readonly type: string
  /** Node's own, of the process. */
  readonly isOfNode: boolean
}

/** Every metric that is printed, also one that has no value yet. */
export const metricFamilies = async (): Promise<readonly Family[]> => {
  const { body } = await createMetricsRig().metrics.text()
  return Array.from(body.matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name = '', type = '']) => ({
    name,
    type,
    isOfNode: /^sluice_(process|nodejs)_/.test(name),
  }))
}
