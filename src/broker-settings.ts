/** The settings of an external broker: where it is, and how it is spoken to. */
import { resolve } from 'node:path'
import { z } from 'zod'
import { readBrokerUrl } from '../mosquitto-compat/index.ts'
import type { Config } from './config.ts'
import { clientId, oneOf, text, url } from './setting-values.ts'

export const BROKER_SETTINGS = {
  BROKER_URL: url('mqtt:', 'mqtts:').optional(),
  BROKER_PROTOCOL: oneOf(['5', '3.1.1']).default('5'),
  BROKER_CA: text().optional(),
  BROKER_CLIENT_ID: clientId().optional(),
}

const BROKER = z.object(BROKER_SETTINGS)

/** Undefined: the embedded broker. */
export const toBroker = (set: z.output<typeof BROKER>, cwd: string): Config['broker'] =>
  set.BROKER_URL === undefined
    ? undefined
    : {
        url: set.BROKER_URL,
        protocol: set.BROKER_PROTOCOL === '5' ? 5 : 4,
        caPath: set.BROKER_CA === undefined ? undefined : resolve(cwd, set.BROKER_CA),
        clientId: set.BROKER_CLIENT_ID,
      }

const isDecodable = (text: string): boolean => {
  try {
    readBrokerUrl(text)
    return true
  } catch {
    return false
  }
}

const MQTT = /^mqtts?:/i

/** An empty host would be this machine; what is behind the port nobody would heed. */
const locationProblem = (text: string): string | undefined => {
  if (!MQTT.test(text) || !URL.canParse(text)) return undefined
  const { hostname, pathname, search, hash } = new URL(text)
  if (hostname === '') return 'BROKER_URL names no host: allowed is mqtt://host:port, with two slashes'
  if (`${pathname}${search}${hash}`.replace(/^\//, '') === '') return undefined
  return 'BROKER_URL has something behind host and port: allowed is mqtt://host:port, and nothing more'
}

/** What would have no effect though it was set, or another than was meant. */
export const brokerProblems = (set: Readonly<Record<string, string>>): readonly string[] => {
  const { BROKER_URL, BROKER_CA } = set
  if (BROKER_URL === undefined)
    return ['BROKER_CA', 'BROKER_CLIENT_ID', 'BROKER_PROTOCOL']
      .filter((name) => set[name] !== undefined && !(name === 'BROKER_PROTOCOL' && set[name] === '5'))
      .map(
        (name) => `${name} is set without BROKER_URL: set BROKER_URL to use an external broker, or unset it`,
      )
  if (URL.canParse(BROKER_URL) && !isDecodable(BROKER_URL))
    return ['BROKER_URL has a % that begins no percent-encoded character: write it as %25']
  const misplaced = locationProblem(BROKER_URL)
  if (misplaced !== undefined) return [misplaced]
  if (BROKER_CA !== undefined && BROKER_URL.startsWith('mqtt:'))
    return ['BROKER_CA is set, but BROKER_URL is without TLS: use mqtts:// in it, or unset BROKER_CA']
  return []
}
