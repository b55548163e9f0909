/**
 * Keeps a subscriber that reads too slowly from the others. Aedes holds a delivery until the subscriber's socket has
 * room, and routes a hundred messages at once at most: one subscriber that stops reading would stop them all.
 *
 * Here no delivery waits. What a subscriber does not take gathers in its socket; from a bound on it is sent no QoS 0
 * any more, and from four times that bound on, which only QoS 1 and 2 reach, it is closed: a kept session gets those
 * again. Aedes closes it after `drainTimeoutMs` with anything unsent. What is retained, or was queued, waits for
 * the subscriber as ever: that holds up nobody else.
 */
import type { AedesPublishPacket, Client } from 'aedes'
import type { BrokerOptions, LimitName } from './options.ts'

const MOST = 4

type Deliver = (packet: AedesPublishPacket, callback: () => void) => void

/** What Aedes' client has beside its types; both are read when it subscribes. */
interface Inner {
  deliver0: Deliver
  deliverQoS: Deliver
}

const nothing = (): void => {}

/** For each client it is given, from before it subscribes. */
export const createSlowLimit = (
  { maxUnsentBytes }: Pick<BrokerOptions, 'maxUnsentBytes'>,
  onLimit: (limit: LimitName, client: Client) => void,
): ((client: Client) => void) => {
  let routed: (() => void)[] = []

  const release = (): void => {
    const callbacks = routed
    routed = []
    for (const callback of callbacks) callback()
  }

  /** In a turn of its own, all together: each lets another message be routed. */
  const releaseSoon = (callback: () => void): void => {
    if (routed.push(callback) === 1) setImmediate(release)
  }

  return (client) => {
    const inner = client as unknown as Inner
    const { deliver0, deliverQoS } = inner
    const { conn } = client

    inner.deliver0 = (packet, callback) => {
      if (packet.retain) return deliver0(packet, callback)
      if (conn.writableLength > maxUnsentBytes) onLimit('maxUnsentBytes', client)
      else deliver0(packet, nothing)
      releaseSoon(callback)
    }

    inner.deliverQoS = (packet, callback) => {
      // Aedes goes on with QoS 0 by itself.
      if (packet.retain || packet.qos === 0) return deliverQoS(packet, callback)
      if (conn.writableLength <= maxUnsentBytes * MOST) deliverQoS(packet, nothing)
      else if (!client.closed) {
        onLimit('maxUnsentBytes', client)
        client.emit('error', new Error(`a subscriber that leaves ${maxUnsentBytes * MOST} bytes unread`))
      }
      releaseSoon(callback)
    }
  }
}
