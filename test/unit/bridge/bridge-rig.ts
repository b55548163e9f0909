import { createBridge } from '../../../bridge/bridge.ts'
import { createBridgeEmitter } from '../../../bridge/events.ts'
import type {
  BuzzerStore,
  DeviceStore,
  FrameStore,
  LatestStore,
  Message,
  SpoolStore,
  Stored,
} from '../../../bridge/ports.ts'
import { createMemoryBuzzer } from '../../../bridge/stores/memory-buzzer.ts'
import { createMemoryDevices } from '../../../bridge/stores/memory-devices.ts'
import { createMemoryFrames } from '../../../bridge/stores/memory-frames.ts'
import { createMemorySink } from '../../../bridge/stores/memory-sink.ts'
import { createMemorySpool, type MemorySpool } from '../../../bridge/stores/memory-spool.ts'

export interface Published {
  readonly topic: string
  readonly payload: unknown
  readonly retain: boolean
}

/** Far from zero, as in a process that has run for a while: the first trim is due at once. */
const monotonic = (): number => performance.now() + 1_000_000

const NOTHING_STORED: Stored = { readings: 0, deadLetters: 0, resent: new Map(), checked: [] }

export interface RigOptions {
  readonly spool?: MemorySpool
  readonly sink?: ReturnType<typeof createMemorySink>
  readonly devices?: DeviceStore
  readonly latest?: LatestStore
  readonly buzzer?: BuzzerStore
  readonly frames?: FrameStore
  readonly useDb?: boolean
  readonly maxSpoolBytes?: number
  readonly startAt?: number
}

/** A bridge between adapters in memory. `crash` cuts it off from its spool, as the end of its process would. */
export const createBridgeRig = (given: RigOptions = {}) => {
  const spool = given.spool ?? createMemorySpool()
  const sink = given.sink ?? createMemorySink()
  const devices = given.devices ?? createMemoryDevices()
  const events = createBridgeEmitter()
  const published: Published[] = []
  const calls: string[] = []
  const time = { now: given.startAt ?? Date.UTC(2026, 10, 23) }
  let crashed = false

  /** After the crash nothing reaches the disk or the sink any more. */
  const unlessCrashed = async <T>(name: string, after: T, call: () => Promise<T>): Promise<T> => {
    if (crashed) return after
    const result = await call()
    calls.push(name)
    return result
  }
  const done = undefined
  const watched: SpoolStore = {
    open: () => spool.open(),
    append: (entry) => unlessCrashed('append', done, () => spool.append(entry)),
    read: (offset, maxBytes) => unlessCrashed('read', [], () => spool.read(offset, maxBytes)),
    entries: (offset) => spool.entries(offset),
    newest: (maxBytes) => spool.newest(maxBytes),
    seen: () => spool.seen(),
    checkpoint: (taken, seen) => unlessCrashed('checkpoint', done, () => spool.checkpoint(taken, seen)),
    trim: (offset) => unlessCrashed('trim', done, () => spool.trim(offset)),
    close: () => unlessCrashed('close', done, () => spool.close()),
    get bytes() {
      return spool.bytes
    },
  }
  const useDb = given.useDb ?? true
  const bridge = createBridge(
    {
      spool: watched,
      sink: useDb
        ? {
            cursor: (spoolId) => unlessCrashed('cursor', null, () => sink.cursor(spoolId)),
            store: (batch) => unlessCrashed('store', NOTHING_STORED, () => sink.store(batch)),
          }
        : undefined,
      history: useDb ? sink : undefined,
      devices,
      buzzer: given.buzzer ?? createMemoryBuzzer(),
      frames: given.frames ?? createMemoryFrames(),
      latest: given.latest,
      publisher: {
        publish: (topic, payload, { retain = false } = {}) =>
          published.push({ topic, payload: payload === '' ? null : JSON.parse(payload), retain }),
        isHeard: () => true,
      },
      events,
      clock: () => time.now,
      monotonic,
      random: () => 0,
    },
    {
      bounds: { maxSpoolBytes: given.maxSpoolBytes ?? 10_000_000, maxMemoryBytes: 1_000_000 },
      readingsIntervalMs: 1,
      devicesIntervalMs: 1,
      buzzerIntervalMs: 1,
      frames: { keepMs: 600_000, maxBytes: 10_000_000 },
      cache: {
        devices: { max: 100, ttlMs: 60_000 },
        readings: { max: 100, ttlMs: 60_000 },
        queries: { max: 100, ttlMs: 60_000 },
        sweepMs: 30_000,
      },
      drainOnStopMs: 1_000,
    },
  )

  /** Publishes to the bridge; resolves when it acks, rejects when it refuses. */
  const send = (
    topic: string,
    payload: unknown,
    { qos = 1, clientId = 'client' }: { readonly qos?: Message['qos']; readonly clientId?: string } = {},
  ): Promise<void> =>
    new Promise((resolve, reject) => {
      const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload))
      bridge.intake({ topic, payload: bytes, qos, retain: false }, clientId, (error) =>
        error === undefined ? resolve() : reject(error),
      )
    })

  return {
    bridge,
    spool,
    sink,
    devices,
    events,
    published,
    calls,
    time,
    send,
    crash: (): void => {
      crashed = true
    },
    on: (topic: string): readonly unknown[] =>
      published.filter((one) => one.topic === topic).map(({ payload }) => payload),
  }
}
