/** The sensor board: a port of its sketch's loop, with its timing, its headers and its way of taking answers. */
import { setTimeout as delay } from 'node:timers/promises'
import { type SketchAnswer, sketchRequest } from './sketch-http.ts'
import { type SketchLoop, startLoop } from './sketch-loop.ts'

export interface SensorOptions {
  readonly http: string
  readonly deviceId: string
  readonly name?: string
}

export interface Sensor extends SketchLoop {
  /** Request ids in the order of the beeps. */
  readonly beeps: readonly string[]
  /** Codes other than 200, as `poll -11`. */
  readonly failures: readonly string[]
  readonly polls: number
  readonly readings: number
}

const POLL_MS = 150
const SEND_MS = 1_000
const READ_MS = 2_000
const BEEP_MS = 250
const TYPE = 'DHT11-LDR-HCSR04'
const JSON_TYPE = { 'Content-Type': 'application/json' }

/** What the library's parser makes of a body: an object, or nothing. */
const parse = (body: string): { readonly status?: unknown; readonly requestId?: unknown } => {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

export const startSensor = ({ http, deviceId, name = 'Lab Sensor Unit' }: SensorOptions): Sensor => {
  const bootedAt = performance.now()
  const millis = (): number => Math.round(performance.now() - bootedAt)
  const beeps: string[] = []
  const failures: string[] = []
  const count = { polls: 0, readings: 0, reads: 0 }
  const board = { registered: false, active: false }
  let measured: object = {}

  const send = async (what: string, method: string, path: string, body?: object): Promise<SketchAnswer> => {
    const headers = body === undefined ? {} : JSON_TYPE
    const text = body === undefined ? '' : JSON.stringify(body)
    const answer = await sketchRequest({ method, url: `${http}/api/v1/${path}`, headers, body: text })
    if (answer.code !== 200) failures.push(`${what} ${answer.code}`)
    return answer
  }

  const register = async (): Promise<void> => {
    const capabilities = ['temperature', 'humidity', 'distance', 'lightLevel']
    const body = { id: deviceId, name, type: TYPE, ipAddress: '192.168.1.60', capabilities }
    board.registered = (await send('register', 'POST', 'devices/register', body)).code > 0
  }

  /** Every third read of the DHT fails: NaN, which the library writes as null. */
  const read = (): void => {
    count.reads += 1
    const failed = count.reads % 3 === 0
    measured = {
      temperature: failed ? null : 20 + count.reads / 10,
      humidity: failed ? null : 50,
      distance: 12.7,
      lightLevel: count.reads,
    }
  }

  const beep = async (requestId: string): Promise<void> => {
    beeps.push(requestId)
    await delay(BEEP_MS)
    await send('complete', 'PATCH', `buzzer/complete/${requestId}`, { completedAt: millis() })
    board.active = true
  }

  const poll = async (): Promise<void> => {
    count.polls += 1
    const answer = await send('poll', 'GET', `buzzer/status/${deviceId}`)
    if (answer.code !== 200) return
    const { status, requestId } = parse(answer.body)
    if (status !== 'pending') board.active = false
    else if (!board.active) await beep(typeof requestId === 'string' ? requestId : 'null')
  }

  const sendReading = async (): Promise<void> => {
    if (!board.registered) return
    const reading = { deviceId, timestamp: millis(), ...measured }
    if ((await send('ingest', 'POST', 'ingest/sensor-data', reading)).code === 200) count.readings += 1
  }

  const loop = startLoop(register, [
    { everyMs: READ_MS, run: read },
    { everyMs: POLL_MS, run: poll },
    { everyMs: SEND_MS, run: sendReading },
  ])
  return {
    beeps,
    failures,
    get polls() {
      return count.polls
    },
    get readings() {
      return count.readings
    },
    stop: loop.stop,
  }
}
