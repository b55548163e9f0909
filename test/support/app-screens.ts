/**
 * The screens of the mobile app: each reads exactly the fields that the real one reads, and throws where the
 * real one would.
 */
import { type AppAnswer, type AppHttp, apiHttp, bareHttp } from './app-http.ts'

export interface SensorOfList {
  readonly deviceId: string
  readonly deviceName: string
  readonly deviceType: string
}

export interface ShownReading {
  readonly timestamp: number
  readonly temperature: number
  readonly humidity: number
  readonly distance: number
  readonly lightLevel: number
}

export interface DeviceCard {
  readonly deviceId: string
  readonly title: string
  readonly status: string
  readonly seen: string
  readonly capabilities: string
  readonly buttons: boolean
}

interface Item {
  readonly name: string
  readonly url: string
  readonly size: number
}

// What the app takes the answers for, without looking: what is missing fails where it is used, as it does there.
interface Device extends SensorOfList {
  readonly status: string
  readonly lastHeartbeat: number
  readonly capabilities: readonly string[]
}
type Row = { readonly [field in keyof ShownReading]: ShownReading[field] | null }
interface Listed {
  readonly id?: string
  readonly name: string
  readonly url: string
  readonly size: number
}
interface Result {
  readonly success: boolean
  readonly error?: string
}
interface System {
  readonly devicesOnline: number
  readonly devicesTotal: number
  readonly totalCommandsSent: number
}
interface Recorded {
  readonly recordingId: string
  readonly frameCount: number
}

/** The body, or what the screen would show as an error. */
const demand = <T>({ status, body }: AppAnswer): T => {
  if (status < 200 || status > 299) throw new Error(`Request failed with status code ${status}`)
  const result = body as Result
  if (result.success !== true) throw new Error(result.error ?? 'failed')
  return body as T
}

export interface App {
  /** Why the api module repeated a request. */
  readonly repeats: readonly string[]
  readonly sensors: {
    list(): Promise<readonly SensorOfList[]>
    readings(deviceId: string): Promise<readonly ShownReading[]>
  }
  readonly devices: {
    cards(): Promise<readonly DeviceCard[]>
    system(): Promise<string>
    ping(deviceId: string): Promise<void>
  }
  readonly library: {
    recordings(): Promise<readonly Item[]>
    frames(): Promise<readonly Item[]>
    remove(name: string): Promise<void>
  }
  readonly live: {
    record(): Promise<Recorded>
    addFace(name: string, jpeg: Buffer): Promise<void>
  }
}

const cardOf = (device: Device): DeviceCard => ({
  deviceId: device.deviceId,
  title: device.deviceName || device.deviceId,
  status: device.status.toUpperCase(),
  seen: new Date(device.lastHeartbeat).toISOString(), // an absent or unreadable time throws
  capabilities: device.capabilities.join(', '),
  buttons: device.status !== 'offline',
})

const shown = (row: Row): ShownReading => ({
  timestamp: row.timestamp ?? 0,
  temperature: row.temperature ?? 0,
  humidity: row.humidity ?? 0,
  distance: row.distance ?? 0,
  lightLevel: row.lightLevel ?? 0,
})

const itemOf = ({ id, name, url, size }: Listed): Item => ({ name: id || name, url, size })

type Ask = <T>(method: string, path: string, body?: unknown) => Promise<T>

const sensorsScreen = (api: AppHttp): App['sensors'] => ({
  list: async () => {
    const { devices } = (await api('GET', '/api/v1/devices')).body as { devices: readonly Device[] }
    return devices
      .filter(({ deviceType }) => deviceType.includes('sensor'))
      .map(({ deviceId, deviceName, deviceType }) => ({ deviceId, deviceName, deviceType }))
  },
  readings: async (deviceId) => {
    const path = `/api/v1/sensor-data?deviceId=${encodeURIComponent(deviceId)}&limit=10`
    const { data } = (await api('GET', path)).body as { data: readonly Row[] }
    return data.map(shown)
  },
})

const devicesScreen = (ask: Ask): App['devices'] => ({
  cards: async () =>
    (await ask<{ devices: readonly Device[] }>('GET', '/api/v1/devices')).devices.map(cardOf),
  system: async () => {
    const { status } = await ask<{ status: System }>('GET', '/api/v1/system/status')
    return `${status.devicesOnline}/${status.devicesTotal}, ${status.totalCommandsSent} Sent`
  },
  ping: async (deviceId) => void (await ask('POST', '/api/v1/buzzer/request', { deviceId })),
})

const libraryScreen = (ask: Ask): App['library'] => {
  const list = async (path: string): Promise<readonly Item[]> =>
    (await ask<{ data: readonly Listed[] }>('GET', path)).data.map(itemOf)
  return {
    recordings: () => list('/api/v1/stream/recordings'),
    frames: () => list('/api/v1/stream/frames'),
    remove: async (name) => void (await ask('DELETE', `/api/v1/stream/recordings/${name}`)),
  }
}

const liveScreen = (http: string, ask: Ask): App['live'] => ({
  record: async () => (await ask<{ data: Recorded }>('POST', '/api/v1/stream/record')).data,
  addFace: async (name, jpeg) => {
    const form = new FormData()
    form.append('image', new Blob([new Uint8Array(jpeg)], { type: 'image/jpeg' }), `${name}.jpg`)
    form.append('name', name)
    const url = `${http}/api/v1/recognition/add-permitted-face`
    const answer = await fetch(url, { method: 'POST', body: form })
    demand({ status: answer.status, body: await answer.json() })
  },
})

/** `pause` stands for the waits between repetitions. */
export const createApp = (http: string, pause?: (ms: number) => Promise<unknown>): App => {
  const repeats: string[] = []
  const onRepeat = (why: string): void => void repeats.push(why)
  const bare = bareHttp(http)
  const ask: Ask = async (method, path, body) => demand(await bare(method, path, body))
  return {
    repeats,
    sensors: sensorsScreen(apiHttp(http, { onRepeat, ...(pause && { pause }) })),
    devices: devicesScreen(ask),
    library: libraryScreen(ask),
    live: liveScreen(http, ask),
  }
}
