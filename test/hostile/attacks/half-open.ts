/** Connections that begin and say no more, on every door. */
import type { Attack, AttackContext } from '../attack.ts'
import { openWebSocket } from '../frame.ts'
import { connectBytes } from '../mqtt-bytes.ts'
import { cutAll, openMany, openStranger, type Stranger, stillOpen } from '../stranger.ts'

const WAVES = 2
/** Over the time that the broker gives them. */
const PATIENCE_MS = 15_000

const KINDS = [
  'silent on MQTT',
  'silent on MQTT',
  'half a CONNECT',
  'half a CONNECT',
  'silent WebSocket',
  'silent on HTTP',
  'half a request',
] as const

type Kind = (typeof KINDS)[number]

interface Begun {
  readonly kind: Kind
  readonly stranger: Stranger
}

const begin = async ({ target: { mqttPort, httpPort } }: AttackContext, n: number): Promise<Begun> => {
  const kind = KINDS[n % KINDS.length] ?? 'silent on MQTT'
  if (kind === 'silent WebSocket') return { kind, stranger: await openWebSocket(httpPort, '/mqtt', n) }
  const isHttp = kind === 'silent on HTTP' || kind === 'half a request'
  const stranger = await openStranger(isHttp ? httpPort : mqttPort, n)
  if (kind === 'half a CONNECT') stranger.write(connectBytes(`half-${n}`).subarray(0, 3 + (n % 9)))
  if (kind === 'half a request') stranger.write('GET /health HTTP/1.1\r\nHost: slu')
  return { kind, stranger }
}

/** Those on MQTT the broker must close by itself; HTTP gives them a minute, they are cut here. */
const isOverMqtt = ({ kind }: Begun): boolean => kind !== 'silent on HTTP' && kind !== 'half a request'

export const halfOpen: Attack = async (context) => {
  const { scale, target } = context
  const counts: Record<string, number> = {}
  const problems: string[] = []
  for (let wave = 0; wave < WAVES; wave += 1) {
    const count = Math.ceil(scale.halfOpen / WAVES)
    const begun = await openMany(count, (n) => begin(context, wave * count + n))
    for (const { kind } of begun) counts[kind] = (counts[kind] ?? 0) + 1
    const mqtt = begun.filter(isOverMqtt).map(({ stranger }) => stranger)
    const left = await stillOpen(mqtt, target.connectTimeoutMs + PATIENCE_MS)
    if (left > 0) problems.push(`half-open: ${left} of ${mqtt.length} were never closed`)
    await cutAll(begun.map(({ stranger }) => stranger))
  }
  return { counts, problems }
}
