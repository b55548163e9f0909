/** How this machine is reached from others, as far as it can tell: for the settings of boards and people. */
import { isIPv4 } from 'node:net'
import { readBrokerUrl } from '../../../mosquitto-compat/index.ts'
import { loadConfig } from '../../load-config.ts'
import { host, isLoopback } from '../../setting-values.ts'
import { type CommandContext, type Interfaces, UsageError, type Words } from '../command.ts'
import { textOption } from '../option-words.ts'

export interface Reach {
  readonly host: string
  readonly mqttPort: number
  readonly httpPort: number
  /** Of MQTT over TLS; undefined without. */
  readonly tlsPort: number | undefined
  /** What may be wrong with it, a sentence each. */
  readonly doubts: readonly string[]
}

const ANY: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** Networks of containers and virtual machines: no board is in one. */
const VIRTUAL = /^(docker|br-|veth|virbr|vmnet|vboxnet|cni|flannel|podman|tun|tap|utun|wg|zt|tailscale)/
const LINK_LOCAL = '169.254.'

/** The first IPv4 address that others reach; those of real networks before those of virtual ones. */
export const ownAddress = (interfaces: Interfaces): string | undefined => {
  const addresses = Object.entries(interfaces).flatMap(([name, all = []]) =>
    all
      .filter(({ address, internal }) => !internal && isIPv4(address) && !address.startsWith(LINK_LOCAL))
      .map(({ address }) => ({ address, isVirtual: VIRTUAL.test(name) })),
  )
  return (addresses.find(({ isVirtual }) => !isVirtual) ?? addresses[0])?.address
}

const givenHost = (words: Words): string | undefined => {
  const given = textOption(words, 'host')
  if (given === undefined || host().safeParse(given).success) return given
  throw new UsageError(
    `--host ${JSON.stringify(given)} must be a host name or an address (no port, no brackets)`,
  )
}

/** What the listeners are bound to, when that is one address that others reach. */
const boundHost = (bound: string): string | undefined =>
  isLoopback(bound) || ANY.has(bound) ? undefined : bound

/**
 * The host is `--host`, else the address that HOST names, else the first IPv4 address of this machine; the ports are
 * those of the settings. Throws ConfigError or UsageError.
 */
export const reachOf = (words: Words, { env, cwd, interfaces }: CommandContext): Reach => {
  const given = givenHost(words)
  const { mqtt, http, tls, broker } = loadConfig(env, cwd)
  if (mqtt.port === 0 || http.port === 0) {
    const name = mqtt.port === 0 ? 'MQTT_PORT' : 'PORT'
    throw new UsageError(`${name} is 0, another port at each start: set ${name} to the one that is reached`)
  }
  const found = given ?? boundHost(mqtt.host) ?? ownAddress(interfaces())
  const doubts: string[] = []
  if (found === undefined) doubts.push('This machine has no address that others reach: name one with --host.')
  if (isLoopback(mqtt.host) && !(given !== undefined && isLoopback(given))) {
    doubts.push(
      `With these settings Sluice listens on this machine only (${mqtt.host}): others reach it with HOST=0.0.0.0.`,
    )
  }
  if (broker !== undefined) {
    const { shown } = readBrokerUrl(broker.url)
    doubts.push(`With BROKER_URL boards speak MQTT to ${shown}, which must know them as well.`)
  }
  return {
    host: found ?? 'localhost',
    mqttPort: mqtt.port,
    httpPort: http.port,
    tlsPort: tls?.mqttPort,
    doubts,
  }
}

/** Options that say how this machine is reached. */
export const REACH_OPTIONS = { host: { type: 'string' } } as const
