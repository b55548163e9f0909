/**
 * What a policy forbids, in the hooks that Aedes has. What a client may not publish is acked, as 3.1.1 has no
 * negative ack, and goes nowhere: it is turned into an empty message on a topic that nobody can subscribe to, so
 * that Aedes' own handling answers at each QoS, and a QoS 2 message that is sent again is answered as the first was.
 */
import type { AedesPublishPacket, Client, PublishPacket } from 'aedes'
import type { BrokerEmitter } from './broker-events.ts'
import type { Members } from './members.ts'
import type { BrokerPolicy } from './policy.ts'
import { NOWHERE } from './silent-topics.ts'

type PublishHook = (
  client: Client | null,
  packet: PublishPacket,
  callback: (error?: Error | null) => void,
) => void

export interface AccessDeps {
  readonly policy: BrokerPolicy
  readonly members: Members
  readonly events: BrokerEmitter
}

const NOTHING = Buffer.alloc(0)

const sendNowhere = (packet: PublishPacket): void => {
  packet.topic = NOWHERE
  packet.payload = NOTHING
  packet.retain = false
}

/** `authorizePublish`: what is allowed goes on to `next`. */
export const guardPublish =
  ({ policy, members, events }: AccessDeps, next: PublishHook): PublishHook =>
  (client, packet, callback) => {
    // The will of a broker that died: it was looked at when its client gave it.
    if (client === null) return next(client, packet, callback)
    const member = members.of(client)
    if (member === undefined) return callback(new Error('a publish of a client that was not admitted'))
    const { identity } = member
    const { topic } = packet
    if (topic !== member.lastTopic) {
      member.mayPublishThere = policy.mayPublish(identity, topic)
      member.lastTopic = topic
    }
    if (!member.mayPublishThere) {
      events.emit('publish:denied', { clientId: client.id, identity, topic })
      sendNowhere(packet)
      return callback()
    }
    if (packet.retain && !policy.mayRetain(identity, topic)) packet.retain = false
    next(client, packet, callback)
  }

/** Whether a client may be sent what this filter, or topic, matches. */
export const createMaySubscribe =
  ({ policy, members }: Pick<AccessDeps, 'policy' | 'members'>) =>
  (client: Client, filter: string): boolean => {
    const member = members.of(client)
    return member !== undefined && policy.maySubscribe(member.identity, filter)
  }

/**
 * `authorizeForward`: a kept session may hold messages of subscriptions that are forbidden by now. They are sent
 * before the client counts as connected; what comes later comes by subscriptions that were looked at.
 */
export const guardForward =
  (maySubscribe: (client: Client, filter: string) => boolean) =>
  (client: Client, packet: AedesPublishPacket): AedesPublishPacket | null =>
    client.connected || maySubscribe(client, packet.topic) ? packet : null
