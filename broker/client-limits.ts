/** What each connection is held to, put together. */
import type { Client } from 'aedes'
import type { BrokerEmitter } from './broker-events.ts'
import { type ConnectGate, createConnectGate } from './connect-gate.ts'
import { addressOf } from './connect-request.ts'
import type { BrokerOptions, LimitName } from './options.ts'
import { createPacketCheck } from './packet-check.ts'
import { createPacketLimit } from './packet-limit.ts'
import { createReadPace } from './read-pace.ts'
import { createRefuseConnect } from './refuse-connect.ts'
import { createSlowLimit } from './slow-subscribers.ts'
import { createStrictParser } from './strict-parser.ts'
import type { SubackCodes } from './suback-codes.ts'
import { createTopicLimit } from './topic-limit.ts'

export type OnLimit = (limit: LimitName, client: Client) => void

/** Tells of a bound that a client has reached; before its CONNECT it has no id. */
export const limitTeller =
  (events: BrokerEmitter): OnLimit =>
  (limit, client) => {
    const clientId: string | null = client.id
    events.emit('limit:hit', { limit, ...(clientId !== null && { clientId }), address: addressOf(client) })
  }

export interface ClientLimits {
  readonly gate: ConnectGate
  /** Holds this connection to all bounds, from its first byte on. */
  add(client: Client): void
}

export interface ClientLimitsDeps {
  readonly events: BrokerEmitter
  readonly subackCodes: SubackCodes
}

/** The limits of one broker's connections. */
export const createClientLimits = (
  { events, subackCodes }: ClientLimitsDeps,
  options: BrokerOptions,
): ClientLimits => {
  const onLimit = limitTeller(events)
  const gate = createConnectGate(
    {
      onLimit,
      onRefused: (client, reason) => events.emit('connect:refused', { address: addressOf(client), reason }),
    },
    options,
  )
  const limitPackets = createPacketLimit(options, onLimit)
  const refuse = createRefuseConnect(events)
  const checkTopics = createTopicLimit(options, onLimit)
  const pace = createReadPace(options, {
    onLimit,
    check: createPacketCheck({ checkTopics, refuse, subackCodes }),
  })
  const makeStrict = createStrictParser(refuse)
  const limitSlow = createSlowLimit(options, onLimit)

  return {
    gate,
    add: (client) => {
      gate.add(client)
      makeStrict(client)
      limitPackets(client)
      pace.add(client)
      limitSlow(client)
    },
  }
}
