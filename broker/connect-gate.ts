/**
 * `preConnect` for Aedes. CONNECTs that come faster than their rate wait for their turn, in the order in which they
 * came: after a power cut a fleet comes back at once, and is answered as fast as it can be served. Who hangs up
 * loses its place; when too many wait, one more is closed, and comes back by itself.
 *
 * A client is read no further until its CONNECT is answered. Aedes would else handle what came behind it.
 */
import type { Client } from 'aedes'
import { createConnectCost } from './connect-cost.ts'
import { ConnectRefusal } from './connect-request.ts'
import type { BrokerOptions, LimitName } from './options.ts'
import { createTokenBucket } from './token-bucket.ts'

/** The part of a CONNECT that is held to a bound. */
interface Connect {
  keepalive?: number | undefined
}

type Callback = (error: Error | null, success: boolean) => void

/** What Aedes' client has beside its types. */
interface Inner {
  pause(): void
}

export interface ConnectGate {
  readonly preConnect: (client: Client, packet: Connect, callback: Callback) => void
  /** From now on its CONNECT is waited for, but not for ever. */
  add(client: Client): void
  /** Counts one that said nothing during a keepalive which is ours, not its own. */
  keepaliveTimeout(client: Client): void
  stop(): void
}

export interface ConnectGateDeps {
  readonly onLimit: (limit: LimitName, client: Client) => void
  readonly onRefused: (client: Client, reason: string) => void
}

interface Waiting {
  readonly client: Client
  readonly callback: Callback
}

type ConnectGateOptions = Pick<
  BrokerOptions,
  'connectRate' | 'maxWaitingConnects' | 'connectTimeoutMs' | 'maxKeepaliveS'
>

/** The gate of one broker. */
export const createConnectGate = (
  { onLimit, onRefused }: ConnectGateDeps,
  { connectRate, maxWaitingConnects, connectTimeoutMs, maxKeepaliveS }: ConnectGateOptions,
): ConnectGate => {
  const bucket = createTokenBucket({ rate: connectRate, burst: Math.max(1, connectRate) }, performance.now())
  const load = createConnectCost()
  const held = new WeakSet<Client>()
  /** Ends the wait for a CONNECT. */
  const deadlines = new WeakMap<Client, () => void>()
  const waiting = new Set<Waiting>()
  let timer: NodeJS.Timeout | undefined

  const serve = (): void => {
    timer = undefined
    for (const each of waiting) {
      if (bucket.level(performance.now()) < 1) break
      bucket.take(load.cost(), performance.now())
      waiting.delete(each)
      each.callback(null, true)
    }
    serveLater()
  }

  const serveLater = (): void => {
    if (timer !== undefined || waiting.size === 0) return
    timer = setTimeout(serve, bucket.waitMs(1, performance.now()))
    timer.unref()
  }

  const refuse = (client: Client, callback: Callback): void => {
    const refusal = new ConnectRefusal(3, 'too many clients wait to connect')
    onLimit('maxWaitingConnects', client)
    onRefused(client, refusal.message)
    // Without a CONNACK: there are clients that never come back after one which refuses them.
    callback(refusal, false)
  }

  const admitOrWait = (client: Client, callback: Callback): void => {
    if (connectRate === 0) return callback(null, true)
    if (waiting.size === 0 && bucket.level(performance.now()) >= 1) {
      bucket.take(load.cost(), performance.now())
      return callback(null, true)
    }
    if (waiting.size >= maxWaitingConnects) return refuse(client, callback)
    onLimit('connectRate', client)
    const place: Waiting = { client, callback }
    waiting.add(place)
    client.conn.once('close', () => waiting.delete(place))
    serveLater()
  }

  return {
    preConnect: (client, packet, callback) => {
      const inner = client as unknown as Inner
      inner.pause()
      deadlines.get(client)?.()
      const { keepalive = 0 } = packet
      if (keepalive === 0 || keepalive > maxKeepaliveS) {
        packet.keepalive = maxKeepaliveS
        held.add(client)
      }
      admitOrWait(client, callback)
    },
    add: (client) => {
      const deadline = setTimeout(() => {
        onLimit('connectTimeoutMs', client)
        client.emit('error', new Error('connect did not arrive in time'))
      }, connectTimeoutMs)
      deadline.unref()
      // Nothing of it is left while its client is connected: that is what idle boards cost.
      const settle = (): void => {
        clearTimeout(deadline)
        client.conn.off('close', settle)
        deadlines.delete(client)
      }
      deadlines.set(client, settle)
      client.conn.once('close', settle)
    },
    keepaliveTimeout: (client) => {
      if (held.has(client)) onLimit('maxKeepaliveS', client)
    },
    stop: () => clearTimeout(timer),
  }
}
