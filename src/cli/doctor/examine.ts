/**
 * Sends one reading through every hop and tells of each in turn. What listens is opened before the reading is sent; what
 * a failed hop would need is not tried. One device of a fixed name sends it: afterwards it is forgotten where this user
 * may do that, and its reading stays as one row.
 */
import type { MqttClient } from 'mqtt'
import { DOCTOR_ID } from '../../../bridge/core/index.ts'
import { errorText } from '../../error-text.ts'
import { type Health, readHealth } from './health.ts'
import { failWith, type Hop, HopFailure, type HopResult, HopSkipped, skipHop, tryHop } from './hop.ts'
import { clockHop, diskHop, versionHop } from './machine-hops.ts'
import { connectHop, tcpHop, tlsHop } from './network-hops.ts'
import { rowHop } from './row-hop.ts'
import type { Targets } from './targets.ts'
import { lookAtWays, openWays } from './ways.ts'

export interface ExamineDeps extends Targets {
  readonly dataDir: string
  /** Of this command. */
  readonly version: string
  /** Of this machine's settings; undefined: not known. */
  readonly databaseUrl: string | undefined
  /** Epoch ms. */
  readonly now: () => number
  readonly monotonic: () => number
  readonly tell: (result: HopResult) => Promise<void>
  readonly tag: string
}

const ACK_TIMEOUT_MS = 12_000
const ackHop = (deps: ExamineDeps, client: MqttClient): Hop => ({
  name: 'ack (on disk)',
  timeoutMs: ACK_TIMEOUT_MS,
  run: async () => {
    const refused = new Promise<never>((_, reject) => {
      client.on('message', (topic, payload) => {
        if (topic === `errors/${DOCTOR_ID}`)
          reject(new HopFailure(`refused: ${payload}`, 'look at the reason'))
      })
      client.once('close', () => reject(new Error('the connection was closed without an ack')))
    })
    const body = JSON.stringify({ ts: deps.now(), doctor: deps.tag })
    await Promise.race([client.publishAsync(`sensors/${DOCTOR_ID}/data`, body, { qos: 1 }), refused])
    return 'QoS 1 acked: it is in the spool'
  },
  onError: (error) =>
    new HopFailure(
      errorText(error),
      'an ack is held while the spool is full or cannot be written: GET /health says which, free disk space or bring Postgres back',
    ),
})

/** How the HTTP side answers, and what it says of the parts. */
const askHealth = (
  deps: ExamineDeps,
  found: (health: Health, asked: { from: number; to: number }) => void,
): Hop => ({
  name: 'HTTP health',
  run: async () => {
    const from = deps.now()
    const { status, body } = await deps.http.request('/health')
    const to = deps.now()
    const health = readHealth(body)
    if (health === undefined)
      throw new HopFailure(
        `${deps.http.url} answers ${status}, and is not Sluice`,
        'check the port: --url, or PORT in the environment',
      )
    found(health, { from, to })
    if (status !== 200)
      throw new HopFailure(
        `not ready: ${health.part('spool')?.message ?? 'see GET /health'}`,
        'GET /health names the part that is not, and its log says why',
      )
    return health.degraded.length === 0
      ? `${deps.http.url} is well`
      : `degraded: ${health.degraded.join(', ')}`
  },
  onError: (error) => {
    const { cause } = error as { readonly cause?: unknown }
    return new HopFailure(
      `${deps.http.url} does not answer (${errorText(cause ?? error)})`,
      'start Sluice (npm start), or name its HTTP side with --url http://host:3000',
    )
  },
})

const partHop = (name: string, health: Health, { part, absent }: { part: string; absent: string }): Hop => ({
  name,
  run: async () => {
    const found = health.part(part)
    if (found === undefined) throw new HopSkipped(absent)
    if (!found.ok)
      throw new HopFailure(found.message, 'bring it back; Sluice goes on without it and catches up')
    return found.message
  },
  onError: failWith('look at GET /health'),
})

/** All hops, in the order of the way. Resolves with them; never rejects. */
export const examine = async (deps: ExamineDeps): Promise<readonly HopResult[]> => {
  const { mqtt, http, tag, monotonic } = deps
  const results: HopResult[] = []
  const note = async (result: HopResult): Promise<boolean> => {
    results.push(result)
    await deps.tell(result)
    return result.status === 'ok'
  }
  const go = async (hop: Hop): Promise<boolean> => await note(await tryHop(hop, monotonic))
  const skip = async (names: readonly string[], why: string): Promise<void> => {
    for (const name of names) await note(skipHop(name, why))
  }

  let health: Health | undefined
  let asked = { from: 0, to: 0 }
  await go(
    askHealth(deps, (found, when) => {
      health = found
      asked = when
    }),
  )

  let client: MqttClient | undefined
  let isOpen = await go(tcpHop(mqtt))
  if (mqtt.tls) {
    if (isOpen) isOpen = await go(tlsHop(mqtt, deps.now))
    else await skip(['TLS'], 'the port does not answer')
  }
  if (isOpen) {
    await go(
      connectHop(
        mqtt,
        (opened) => {
          client = opened
        },
        tag,
      ),
    )
  } else await skip(['MQTT login'], 'there is no connection')

  const ways = await openWays(deps, client, health)
  const sentAt = monotonic()
  const isAcked = client === undefined ? false : await go(ackHop(deps, client))
  if (client === undefined) await skip(['ack (on disk)'], 'nobody is logged in over MQTT')
  await lookAtWays(ways, { isAcked, sentAt }, { go, skip })

  if (!isAcked) await skip(['row in Postgres'], 'no reading was taken in')
  else if (health !== undefined && health.part('database') === undefined)
    await skip(['row in Postgres'], 'USEDB=false: readings stay in the spool')
  else {
    const databaseUrl = deps.isHere ? deps.databaseUrl : undefined
    await go(rowHop({ deviceId: DOCTOR_ID, tag, http, databaseUrl }))
  }
  if (health === undefined) await skip(['Redis', 'clocks', 'version'], 'GET /health does not answer')
  else {
    await go(partHop('Redis', health, { part: 'redis', absent: 'no REDIS_URL: latest values are in memory' }))
    await go(clockHop(health, asked))
    await go(versionHop(health, deps.version))
  }
  await go(diskHop(http, deps.isHere ? deps.dataDir : undefined))

  for (const { listening } of ways) if (listening?.ok === true) listening.close()
  await client?.endAsync(true).catch(() => undefined)
  if (isAcked) await forget(deps)
  return results
}

/** Takes the device out of the registry again, where this user may. */
const forget = async ({ http }: ExamineDeps): Promise<void> => {
  await http.request(`/api/v1/devices/${DOCTOR_ID}`, { method: 'DELETE' }).catch(() => undefined)
}
