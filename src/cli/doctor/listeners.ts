/** Who hears of the reading besides its sender: subscribers over MQTT and WebSocket, and event sockets. */
import type { MqttClient } from 'mqtt'
import { WebSocket } from 'ws'
import { errorText } from '../../error-text.ts'
import type { HttpClient } from '../http-client.ts'
import type { MqttTarget } from '../mqtt-target.ts'
import { type Arrivals, carriesTag, createArrivals } from './arrivals.ts'
import { openClient } from './network-hops.ts'

/** Listening, or why not. */
export type Listening =
  | { readonly ok: true; readonly arrivals: Arrivals; close(): void }
  /** `denied`: it is there, and not for this user. */
  | { readonly ok: false; readonly why: string; readonly denied?: true }

const OPEN_WITHIN_MS = 5_000
const REFUSED = 128

const within = async <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer within 5 s')), OPEN_WITHIN_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

const isGranted = (client: MqttClient, topic: string): Promise<boolean> =>
  new Promise((resolve) => {
    client.subscribe(topic, { qos: 0 }, (error, granted) =>
      resolve(!error && granted?.every(({ qos }) => Number(qos) !== REFUSED) === true),
    )
  })

/** Subscribes to the device's latest values on this connection. */
export const listenLatest = async (client: MqttClient, deviceId: string, tag: string): Promise<Listening> => {
  const topic = `sensors/${deviceId}/latest`
  const arrivals = createArrivals()
  client.on('message', (from, payload) => {
    if (from === topic && carriesTag(payload.toString(), tag)) arrivals.arrived()
  })
  const granted = await within(isGranted(client, topic)).catch(() => false)
  return granted
    ? { ok: true, arrivals, close: () => undefined }
    : { ok: false, why: `this user may not read ${topic}` }
}

/** The same over a WebSocket of the HTTP port. */
export const listenOverWebSocket = async (
  { http, mqtt }: { readonly http: HttpClient; readonly mqtt: MqttTarget },
  deviceId: string,
  { tag, suffix }: { readonly tag: string; readonly suffix: string },
): Promise<Listening> => {
  const url = `${http.url.replace(/^http/, 'ws')}/mqtt`
  try {
    const client = await within(openClient(mqtt, { url, suffix: `${suffix}-ws` }))
    const listening = await listenLatest(client, deviceId, tag)
    if (listening.ok) return { ...listening, close: () => void client.end(true) }
    client.end(true)
    return listening
  } catch (error) {
    return { ok: false, why: `${url}: ${errorText(error)}` }
  }
}

/** An event WebSocket. */
export const listenToEvents = async (http: HttpClient, deviceId: string, tag: string): Promise<Listening> => {
  const url = `${http.url.replace(/^http/, 'ws')}/`
  const socket = new WebSocket(url, { headers: http.headers, handshakeTimeout: OPEN_WITHIN_MS })
  const arrivals = createArrivals()
  socket.on('message', (data) => {
    const text = String(data)
    if (text.includes(deviceId) && carriesTag(text, tag)) arrivals.arrived()
  })
  return await new Promise((resolve) => {
    socket.on('error', (error) => {
      // What `ws` says of an answer that is no upgrade.
      if (/\b403$/.test(errorText(error)))
        resolve({ ok: false, why: 'this user may not read events', denied: true })
      else resolve({ ok: false, why: `${url}: ${errorText(error)}` })
    })
    socket.once('open', () => resolve({ ok: true, arrivals, close: () => socket.terminate() }))
  })
}
