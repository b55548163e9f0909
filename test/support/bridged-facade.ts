/**
 * A facade over a real bridge whose stores are in memory, for tests of routes: what a request does is seen where
 * it goes, in what is published, told and stored. Time flows, and can be moved on.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBridge } from '../../bridge/bridge.ts'
import type { Bridge } from '../../bridge/bridge-types.ts'
import { BridgeError } from '../../bridge/core/errors.ts'
import { type BridgeEmitter, createBridgeEmitter } from '../../bridge/events.ts'
import type { BuzzerStore, DeviceStore } from '../../bridge/ports.ts'
import { createDiskFrames } from '../../bridge/stores/disk-frames.ts'
import { createMemoryBuzzer } from '../../bridge/stores/memory-buzzer.ts'
import { createMemoryDevices } from '../../bridge/stores/memory-devices.ts'
import { createMemoryRange } from '../../bridge/stores/memory-range.ts'
import { createMemorySink, type MemorySink } from '../../bridge/stores/memory-sink.ts'
import { createMemorySpool } from '../../bridge/stores/memory-spool.ts'
import type { SystemLoad } from '../../src/facade/app.ts'
import {
  createFacade,
  type Facade,
  type FacadeDeps,
  type FacadeOptions,
  type SystemFigures,
} from '../../src/facade/index.ts'
import { createRecordings } from '../../src/recordings/index.ts'
import { createFacadeWorld, FACADE_OPTIONS } from './facade-services.ts'

export interface Publication {
  readonly topic: string
  /** Parsed JSON. */
  readonly payload: unknown
  readonly qos: 0 | 1
  readonly retain: boolean
}

export interface BridgedFacadeGiven {
  readonly options?: Partial<FacadeOptions>
  /** In place of those of the bridge. */
  readonly deps?: Partial<FacadeDeps>
  readonly devices?: DeviceStore
  readonly buzzer?: BuzzerStore
  /** The device store is away from the start. */
  readonly outage?: boolean
}

export interface BridgedFacade {
  readonly url: string
  readonly facade: Facade
  readonly bridge: Bridge
  readonly events: BridgeEmitter
  readonly sink: MemorySink
  /** A folder of this test's own; its `frames` are the pictures. */
  readonly folder: string
  readonly published: readonly Publication[]
  /** What was published on a topic, oldest first. */
  on(topic: string): readonly unknown[]
  readonly time: { now(): number; pass(ms: number): void }
  /** While true, the device store throws STORE_UNAVAILABLE. */
  readonly outage: { devices: boolean }
  stop(): Promise<void>
}

const CACHE = { max: 1_000, ttlMs: 60_000 }
const BRIDGE_OPTIONS = {
  bounds: { maxSpoolBytes: 10_000_000, maxMemoryBytes: 1_000_000 },
  readingsIntervalMs: 1,
  devicesIntervalMs: 1,
  buzzerIntervalMs: 1,
  frames: { keepMs: 600_000, maxBytes: 100_000_000 },
  cache: { devices: CACHE, readings: CACHE, queries: CACHE, sweepMs: 30_000 },
  drainOnStopMs: 1_000,
}

/** The store, or what it throws while it is away. */
const withOutage = (store: DeviceStore, outage: { readonly devices: boolean }): DeviceStore => {
  const here = (): DeviceStore => {
    if (!outage.devices) return store
    throw new BridgeError('STORE_UNAVAILABLE', 'secret detail of the device store')
  }
  return {
    upsert: async (devices) => here().upsert(devices),
    list: async (limit) => here().list(limit),
    get: async (deviceId) => here().get(deviceId),
    remove: async (deviceIds) => here().remove(deviceIds),
  }
}

const loadOf = (bridge: Bridge): SystemLoad => {
  const { spoolBytes: bytes, pendingBytes, waitingRows, caches } = bridge.stats()
  const { maxSpoolBytes: maxBytes } = BRIDGE_OPTIONS.bounds
  return { spool: { bytes, maxBytes, waitingRows }, pendingBytes, mqttConnections: 0, caches }
}

const figuresOf = (bridge: Bridge): SystemFigures => {
  const { spoolBytes: bytes, waitingRows, oldestSpooledMs: oldestMs, missing } = bridge.stats()
  const { maxSpoolBytes: maxBytes } = BRIDGE_OPTIONS.bounds
  return {
    rates: { messagesPerSecond: 0, readingsPerSecond: 0, storedPerSecond: 0 },
    spool: { bytes, maxBytes, waitingRows, oldestMs, secondsUntilFull: null },
    drainLagMs: oldestMs,
    missing,
    connections: { mqtt: 0, http: 0 },
    ...{ disk: null, storage: null, rollups: null },
  }
}

type Outage = { devices: boolean }

/** The bridge, what it published, and a clock that can be moved on. */
const createMemoryBridge = (given: BridgedFacadeGiven, folder: string) => {
  const events = createBridgeEmitter()
  const sink = createMemorySink()
  const published: Publication[] = []
  const outage: Outage = { devices: given.outage ?? false }
  let ahead = 0
  const now = (): number => Date.now() + ahead
  const bridge = createBridge(
    {
      spool: createMemorySpool(),
      sink,
      history: sink,
      devices: withOutage(given.devices ?? createMemoryDevices(), outage),
      buzzer: given.buzzer ?? createMemoryBuzzer({ clock: now }),
      frames: createDiskFrames({ folder: join(folder, 'frames') }),
      publisher: {
        publish: (topic, payload, { retain = false, qos = 0 } = {}) =>
          published.push({ topic, payload: payload === '' ? null : JSON.parse(payload), qos, retain }),
        isHeard: () => true,
      },
      events,
      clock: now,
      monotonic: () => performance.now(),
      random: Math.random,
    },
    BRIDGE_OPTIONS,
  )
  const pass = (ms: number): void => {
    ahead += ms
  }
  return { bridge, events, sink, published, outage, time: { now, pass } }
}

/** Started on a free port of the loopback; the caller stops it. */
export const startBridgedFacade = async (given: BridgedFacadeGiven = {}): Promise<BridgedFacade> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-facade-'))
  const parts = createMemoryBridge(given, folder)
  const { bridge, events, published, time } = parts
  const { readings, devices, buzzer, frames, balance } = bridge
  const recordings = createRecordings({ frames, clock: time.now }, { folder: join(folder, 'recordings') })
  const facade = createFacade(
    {
      ...createFacadeWorld().deps,
      ...{ readings, devices, buzzer, frames, recordings, balance, events },
      ranges: createMemoryRange((deviceId) => readings.recent(deviceId, 500)),
      load: () => loadOf(bridge),
      figures: async () => figuresOf(bridge),
      clock: time.now,
      // Tests send many wrong logins from one address.
      wait: async () => undefined,
      ...given.deps,
    },
    { ...FACADE_OPTIONS, ...given.options },
  )
  const stop = async (): Promise<void> => {
    await facade.stop()
    await recordings.stop()
    await bridge.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await bridge.start()
    await recordings.start()
    const { host, port } = await facade.start()
    const on = (topic: string): readonly unknown[] =>
      published.filter((one) => one.topic === topic).map(({ payload }) => payload)
    return { ...parts, url: `http://${host}:${port}`, facade, folder, on, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
