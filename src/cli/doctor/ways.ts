/** The ways on which a reading is told to others: what listens on them, and whether it heard. */
import type { MqttClient } from 'mqtt'
import { DOCTOR_ID } from '../../../bridge/core/index.ts'
import type { Health } from './health.ts'
import { failWith, type Hop, HopFailure, TimeUp } from './hop.ts'
import { type Listening, listenLatest, listenOverWebSocket, listenToEvents } from './listeners.ts'
import type { Targets } from './targets.ts'

export interface Way {
  readonly name: string
  /** Undefined: it is not tried, for this reason. */
  readonly listening: Listening | undefined
  readonly why: string
  readonly advice: string
}

/** With a Postgres that hangs, what it knew of the device is waited for first: 5 s. */
const HEARD_TIMEOUT_MS = 8_000
const NOT_HEARD =
  'the reading was acked: may this user publish to sensors/sluice-doctor/data? A publish without the right is acked and dropped (docs/access.md)'

const waitFor = ({ name, advice }: Way, listening: Listening, sentAt: number): Hop => ({
  name,
  timeoutMs: HEARD_TIMEOUT_MS,
  run: async () => {
    if (!listening.ok) throw new HopFailure(listening.why, advice)
    return { detail: 'the reading arrived', ms: (await listening.arrivals.first) - sentAt }
  },
  onError: (error) =>
    error instanceof TimeUp ? new HopFailure(error.message, NOT_HEARD) : failWith(advice)(error),
})

/** Opens what listens, before the reading is sent. */
export const openWays = async (
  { http, mqtt, tag }: Targets & { readonly tag: string },
  client: MqttClient | undefined,
  health: Health | undefined,
): Promise<readonly Way[]> => {
  const isExternal = health?.part('broker')?.external === true
  if (client !== undefined) client.subscribe(`errors/${DOCTOR_ID}`, { qos: 0 }, () => undefined)
  const latest = client && (await listenLatest(client, DOCTOR_ID, tag))
  const canRead = latest?.ok === true
  const overWebSocket =
    health !== undefined && canRead && !isExternal
      ? await listenOverWebSocket({ http, mqtt }, DOCTOR_ID, { tag, suffix: tag })
      : undefined
  const events =
    health !== undefined && client !== undefined ? await listenToEvents(http, DOCTOR_ID, tag) : undefined
  const isDenied = events?.ok === false && events.denied === true
  const noHttp = health === undefined ? 'the HTTP side does not answer' : undefined
  return [
    {
      name: 'latest over MQTT',
      listening: canRead ? latest : undefined,
      why:
        latest?.ok === false
          ? `${latest.why}: a user of role dashboard or admin may`
          : 'nobody is logged in over MQTT',
      advice: 'look at the log of Sluice',
    },
    {
      name: 'MQTT over WebSocket',
      listening: overWebSocket,
      why:
        noHttp ??
        (isExternal
          ? 'the broker is an external one, with WebSockets of its own'
          : 'there is nothing to listen to as this user'),
      advice: 'a proxy in front must hand on the upgrade of /mqtt (docs/tls.md)',
    },
    {
      name: 'event WebSocket',
      listening: isDenied ? undefined : events,
      why: isDenied ? 'this user may not read events' : (noHttp ?? 'no reading was taken in'),
      advice:
        'needs a user who may read (role dashboard, operator or admin); a proxy in front must hand on upgrades',
    },
  ]
}

/** Whether each has heard of the reading. */
export const lookAtWays = async (
  ways: readonly Way[],
  { isAcked, sentAt }: { readonly isAcked: boolean; readonly sentAt: number },
  {
    go,
    skip,
  }: { go: (hop: Hop) => Promise<boolean>; skip: (names: readonly string[], why: string) => Promise<void> },
): Promise<void> => {
  for (const way of ways) {
    const { name, listening, why } = way
    if (listening === undefined) await skip([name], why)
    else if (!isAcked && listening.ok) await skip([name], 'no reading was taken in')
    else await go(waitFor(way, listening, sentAt))
  }
}
