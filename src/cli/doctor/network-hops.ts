/** The way to the broker: the port, TLS, and who one is there. */
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import mqtt, { type MqttClient } from 'mqtt'
import { DOCTOR_ID } from '../../../bridge/core/index.ts'
import { explainConnect } from '../connect-advice.ts'
import { clientOptions, type MqttTarget, targetUrl } from '../mqtt-target.ts'
import { type Hop, HopFailure, TimeUp } from './hop.ts'

const asFailure =
  (target: MqttTarget) =>
  (error: unknown): HopFailure => {
    const known =
      error instanceof TimeUp ? Object.assign(new Error(error.message), { code: 'ETIMEDOUT' }) : error
    const { problem, advice } = explainConnect(known, target)
    return new HopFailure(problem, advice)
  }

export const tcpHop = (target: MqttTarget): Hop => ({
  name: 'TCP port',
  run: (signal) =>
    new Promise((resolve, reject) => {
      const socket = connectTcp({ host: target.host, port: target.port })
      signal.addEventListener('abort', () => socket.destroy())
      socket.once('error', reject)
      socket.once('connect', () => {
        resolve(`${target.host}:${target.port} (${socket.remoteAddress})`)
        socket.destroy()
      })
    }),
  onError: asFailure(target),
})

const DAY_MS = 86_400_000

export const tlsHop = (target: MqttTarget, now: () => number): Hop => ({
  name: 'TLS',
  run: (signal) =>
    new Promise((resolve, reject) => {
      const { host, port, ca } = target
      const socket = connectTls({ host, port, servername: host, ...(ca === undefined ? {} : { ca }) })
      signal.addEventListener('abort', () => socket.destroy())
      socket.once('error', reject)
      socket.once('secureConnect', () => {
        const { subject, valid_to: until } = socket.getPeerCertificate()
        const days = Math.floor((Date.parse(until) - now()) / DAY_MS)
        resolve(
          `${socket.getProtocol()}, certificate of ${String(subject?.CN ?? host)}, good for ${days} days`,
        )
        socket.destroy()
      })
    }),
  onError: asFailure(target),
})

/** A client that does not come back by itself. */
export const openClient = (target: MqttTarget, options: { readonly url?: string; readonly suffix: string }) =>
  new Promise<MqttClient>((resolve, reject) => {
    const { user, password } = target
    const isDoctor = user === DOCTOR_ID
    const login = {
      ...(user === undefined ? {} : { username: user }),
      ...(password === undefined ? {} : { password }),
    }
    const shared = {
      // A device is known by its client id, and has one connection.
      clientId: isDoctor ? DOCTOR_ID : `${DOCTOR_ID}-${options.suffix}`,
      reconnectPeriod: 0,
      connectTimeout: 4_000,
      resubscribe: false,
    }
    const client =
      options.url === undefined
        ? mqtt.connect({ ...clientOptions(target), ...shared })
        : mqtt.connect(options.url, { ...login, ...shared, protocolVersion: 4, clean: true })
    let failure: Error | undefined
    client.once('connect', () => resolve(client))
    client.on('error', (error) => {
      failure = error
      reject(error)
      client.end(true)
    })
    client.once('close', () => reject(failure ?? new Error('the connection was closed')))
  })

export const connectHop = (
  target: MqttTarget,
  onClient: (client: MqttClient) => void,
  suffix: string,
): Hop => ({
  name: 'MQTT login',
  run: async (signal) => {
    const client = await openClient(target, { suffix })
    if (signal.aborted) client.end(true)
    else onClient(client)
    return `${targetUrl(target)} as ${target.user ?? 'nobody in particular'}`
  },
  onError: asFailure(target),
})
