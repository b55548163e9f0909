/** Looks at each packet of a client before Aedes does. */
import type { Client } from 'aedes'
import type { Packet } from 'mqtt-packet'
import { violationOf } from './packet-rules.ts'
import { type RefuseConnect, refusedNoClientId } from './refuse-connect.ts'
import type { SubackCodes } from './suback-codes.ts'

/** False: the packet goes no further. */
type Check = (packet: Packet) => boolean

export interface PacketCheckDeps {
  readonly checkTopics: (client: Client) => Check
  readonly refuse: RefuseConnect
  readonly subackCodes: SubackCodes
}

/** For each client a check of its packets; one that breaks a rule ends its connection [MQTT-4.8.0-1]. */
export const createPacketCheck =
  ({ checkTopics, refuse, subackCodes }: PacketCheckDeps): ((client: Client) => Check) =>
  (client) => {
    const isWithinBounds = checkTopics(client)
    return (packet) => {
      const violation = violationOf(packet)
      if (violation !== undefined) {
        client.emit('error', new Error(violation))
        return false
      }
      if (!isWithinBounds(packet)) return false
      if (packet.cmd === 'subscribe') subackCodes.take(packet)
      if (packet.cmd !== 'connect' || packet.clean || packet.clientId !== '') return true
      // A second CONNECT is Aedes' to end [MQTT-3.1.0-2].
      if (client.connecting || client.connected) return true
      refuse(client, refusedNoClientId())
      return false
    }
  }
