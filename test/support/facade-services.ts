/**
 * What the facade is built on, in memory: readings are decoded by the real decoder and are durable at once.
 * Faults are set by a test: the next calls then throw or answer as it says.
 */
import {
  BridgeError,
  type BridgeErrorCode,
  createBridgeEmitter,
  createMemoryRange,
  type Device,
  type DeviceId,
  decodeReadings,
  type HealthReport,
  type Ingested,
  newDevice,
  parseDeviceId,
  type Reading,
} from '../../bridge/index.ts'
import {
  createFacade,
  createKeylessDoor,
  type Facade,
  type FacadeDeps,
  type FacadeOptions,
} from '../../src/facade/index.ts'
import { balanceOfStored } from './balance-sheets.ts'

/** A checked id out of a literal. */
export const deviceId = (text: string): DeviceId => {
  const id = parseDeviceId(text)
  if (id === undefined) throw new Error(`not a device id: ${text}`)
  return id
}

export const device = (id: string, fields: Partial<Device> = {}): Device => ({
  ...newDevice(deviceId(id), NOW),
  ...fields,
})

/** 2026-11-23T03:01:19.902Z: when the recordings of the older backend were made. */
export const NOW = 1_795_402_879_902

export const HEALTHY: HealthReport = {
  live: true,
  ready: true,
  degraded: [],
  parts: {
    database: { ok: true, message: 'connected', version: '18.4' },
    broker: { ok: true, message: 'listening' },
  },
}

export interface FacadeWorld {
  readonly deps: FacadeDeps
  /** Stored readings of each device, oldest first. */
  readonly stored: Map<DeviceId, Reading[]>
  readonly devices: Device[]
  readonly logged: { readonly details: object; readonly message: string }[]
  readonly warned: { readonly details: object; readonly message: string }[]
  now: number
  health: HealthReport
  /** Thrown by the services while it is set; for `faultOf` only by calls about that device. */
  fault: Error | undefined
  faultOf: DeviceId | undefined
  /** Awaited by every ingest before it is durable. */
  gate: Promise<void>
}

export const outage = (code: BridgeErrorCode): BridgeError =>
  new BridgeError(code, `secret detail of ${code}`)

/** A service that tests on this world must not need: those start a real bridge. */
const absent = <T extends object>(service: string): T =>
  new Proxy({} as T, {
    get: (_target, member) => {
      throw new Error(`this world has no ${service}.${String(member)}`)
    },
  })

/** Where nothing is recognised, nor asked. */
export const NO_RECOGNITION: FacadeDeps['recognition'] = {
  look: () => undefined,
  onComplete: () => () => undefined,
  addFace: async () => ({ ok: false, reason: 'disabled', detail: 'off' }),
}

/** Rows, faults and time of one test; `deps` is what the facade is given. */
export const createFacadeWorld = (): FacadeWorld => {
  let nextId = 1
  const check = (id?: DeviceId): void => {
    if (world.fault !== undefined && (world.faultOf === undefined || world.faultOf === id)) throw world.fault
  }
  const ingest = async (id: DeviceId, body: unknown): Promise<Ingested> => {
    await world.gate
    check(id)
    const decoded = decodeReadings(body, { deviceId: id, receivedAt: world.now })
    if (!decoded.ok) return decoded
    world.stored.set(id, [...(world.stored.get(id) ?? []), ...decoded.readings])
    const first = nextId
    nextId += decoded.readings.length
    return { ok: true, id: first, readings: decoded.readings }
  }
  const stored = new Map<DeviceId, Reading[]>()
  const world: FacadeWorld = {
    stored,
    devices: [],
    logged: [],
    warned: [],
    now: NOW,
    health: HEALTHY,
    fault: undefined,
    faultOf: undefined,
    gate: Promise.resolve(),
    deps: {
      readings: {
        ingest,
        recent: async (id, limit) => {
          check(id)
          return (world.stored.get(id) ?? []).toReversed().slice(0, limit)
        },
        latest: async () => [],
        onLatest: () => () => undefined,
      },
      ranges: createMemoryRange(async (id) => {
        check(id)
        return world.stored.get(id) ?? []
      }),
      exports: undefined,
      devices: {
        list: async (limit) => {
          check()
          return world.devices.toSorted((a, b) => b.lastSeen - a.lastSeen).slice(0, limit)
        },
        get: async (id) => world.devices.find((known) => known.id === id),
        counts: async () => absent('devices.counts'),
        overview: async () => absent('devices.overview'),
        summary: async () => absent('devices.summary'),
        register: () => absent('devices.register'),
        heartbeat: async (said) => world.devices.find(({ id }) => id === said.deviceId),
        alive: () => undefined,
        remove: async (id) => world.devices.some((known) => known.id === id),
        describe: () => undefined,
        command: async (id) => world.devices.some((known) => known.id === id),
      },
      buzzer: absent('buzzer'),
      frames: absent('frames'),
      recordings: absent('recordings'),
      recognition: absent('recognition'),
      balance: balanceOfStored(stored),
      events: createBridgeEmitter(),
      load: () => absent('load'),
      figures: () => absent('figures'),
      health: () => world.health,
      metrics: async () => ({
        contentType: 'text/plain; version=0.0.4; charset=utf-8',
        body: 'sluice_up 1\n',
      }),
      clock: () => world.now,
      doorkeeper: createKeylessDoor(true),
      log: {
        error: (details, message) => world.logged.push({ details, message }),
        warn: (details, message) => world.warned.push({ details, message }),
      },
    },
  }
  return world
}

export interface RunningFacade {
  readonly facade: Facade
  readonly world: FacadeWorld
  readonly url: string
}

/** On a free port of the loopback, open to everyone, and without a limit that a test could meet. */
export const FACADE_OPTIONS: FacadeOptions = {
  host: '127.0.0.1',
  port: 0,
  nodeEnv: 'production',
  apiKey: undefined,
  legacyOpen: false,
  rateLimitMax: 1_000_000,
}

/** A facade on a free port of the loopback; the caller stops it. */
export const startFacade = async (options: Partial<FacadeOptions> = {}): Promise<RunningFacade> => {
  const world = createFacadeWorld()
  const facade = createFacade(world.deps, { ...FACADE_OPTIONS, ...options })
  const { host, port } = await facade.start()
  return { facade, world, url: `http://${host}:${port}` }
}
