/** Where MQTT is spoken with Sluice, and as whom: the options of commands that are clients of it. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { IClientOptions } from 'mqtt'
import { readBrokerUrl } from '../../mosquitto-compat/index.ts'
import type { Config } from '../config.ts'
import { errorText } from '../error-text.ts'
import { host, isLoopback, whole } from '../setting-values.ts'
import { type CommandContext, CommandError, UsageError, type Words } from './command.ts'
import { FLAG, TEXT, textOption } from './option-words.ts'

export interface MqttTarget {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** PEM of the CAs to trust; undefined: those of Node. */
  readonly ca: Buffer | undefined
  readonly user: string | undefined
  /** Secret. */
  readonly password: string | undefined
}

export const MQTT_TARGET_USAGE =
  '[--host HOST] [--port PORT] [--tls] [--ca FILE] [--user NAME --password SECRET]'
export const MQTT_TARGET_OPTIONS = {
  host: TEXT,
  port: TEXT,
  tls: FLAG,
  ca: TEXT,
  user: TEXT,
  password: TEXT,
} as const

const ANY: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** Where the listeners are reached from this machine. */
export const localHost = (bound: string): string => (ANY.has(bound) ? '127.0.0.1' : bound)

const givenHost = (words: Words): string | undefined => {
  const given = textOption(words, 'host')
  if (given === undefined || host().safeParse(given).success) return given
  throw new UsageError(
    `--host ${JSON.stringify(given)} must be a host name or an address (no port, no brackets)`,
  )
}

const givenPort = (words: Words): number | undefined => {
  const given = textOption(words, 'port')
  if (given === undefined) return undefined
  const port = whole(1, 65_535).safeParse(given)
  if (port.success) return port.data
  throw new UsageError(`--port ${JSON.stringify(given)} must be a port, 1 to 65535`)
}

/** The broker that the settings name: the one of BROKER_URL, else Sluice's own. */
const settingsPlace = (
  { mqtt, tls, broker }: Config,
  secure: boolean,
): Pick<MqttTarget, 'host' | 'port' | 'tls'> => {
  if (broker !== undefined) {
    const { host, port, secure: overTls } = readBrokerUrl(broker.url)
    return { host, port, tls: secure || overTls }
  }
  return { host: localHost(mqtt.host), port: secure ? (tls?.mqttPort ?? 8883) : mqtt.port, tls: secure }
}

/** The password comes from the environment too, where other users of the machine do not see it. */
export const credentialsOf = (
  words: Words,
  env: CommandContext['env'],
): Pick<MqttTarget, 'user' | 'password'> => {
  const user = textOption(words, 'user') ?? (env.SLUICE_USER || undefined)
  const password = textOption(words, 'password') ?? (env.SLUICE_PASSWORD || undefined)
  if (user === undefined && password !== undefined) throw new UsageError('a password needs --user NAME')
  if (user !== undefined && password === undefined)
    throw new UsageError(`--user ${user} needs --password SECRET (or SLUICE_PASSWORD in the environment)`)
  return { user, password }
}

const readCa = async (path: string | undefined, cwd: string): Promise<Buffer | undefined> => {
  if (path === undefined) return undefined
  try {
    return await readFile(resolve(cwd, path))
  } catch (error) {
    throw new CommandError(`cannot read --ca ${path}: ${errorText(error)}`)
  }
}

/** `--host` and the like, else what the settings say of this machine. Throws UsageError or CommandError. */
export const mqttTargetOf = async (
  words: Words,
  { env, cwd }: Pick<CommandContext, 'env' | 'cwd'>,
  config: Config,
): Promise<MqttTarget> => {
  const ca = await readCa(textOption(words, 'ca'), cwd)
  const secure = words.options.tls === true || ca !== undefined
  const place = settingsPlace(config, secure)
  const [host, port] = [givenHost(words), givenPort(words)]
  if (place.port === 0 && port === undefined)
    throw new UsageError('MQTT_PORT is 0, another port at each start: name the one in use with --port')
  const tls = host === undefined ? place.tls : secure
  const standard = tls ? 8883 : 1883
  const otherPort = host === undefined || isLoopback(host) ? place.port : standard
  return { host: host ?? place.host, port: port ?? otherPort, tls, ca, ...credentialsOf(words, env) }
}

export const targetUrl = ({ host, port, tls }: Pick<MqttTarget, 'host' | 'port' | 'tls'>): string =>
  `${tls ? 'mqtts' : 'mqtt'}://${host.includes(':') ? `[${host}]` : host}:${port}`

/** What MQTT.js is told of it. */
export const clientOptions = ({ host, port, tls, ca, user, password }: MqttTarget): IClientOptions => ({
  host,
  port,
  protocol: tls ? 'mqtts' : 'mqtt',
  protocolVersion: 4,
  clean: true,
  ...(ca === undefined ? {} : { ca }),
  ...(user === undefined ? {} : { username: user }),
  ...(password === undefined ? {} : { password }),
})
