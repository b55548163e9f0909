/** The CONNECT of the bridge: a session that is kept, and a will. */
import type { IConnectPacket } from 'mqtt-packet'
import type { BrokerLocation } from './broker-address.ts'
import type { ExternalBrokerOptions } from './options.ts'
import { TIME_TOPIC } from './subscriptions.ts'

/** The broker ends a connection that says nothing for one and a half times this. */
export const KEEPALIVE_S = 60

/** Boards without a clock must not be told the time of our death for as long as we are dead. */
const willOf = ({ protocol, willDelayS }: ExternalBrokerOptions): NonNullable<IConnectPacket['will']> => ({
  topic: TIME_TOPIC,
  payload: Buffer.alloc(0),
  qos: 0,
  retain: true,
  ...(protocol === 5 ? { properties: { willDelayInterval: willDelayS } } : {}),
})

export const connectPacket = (location: BrokerLocation, options: ExternalBrokerOptions): IConnectPacket => ({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: options.protocol,
  clean: false,
  clientId: options.clientId,
  keepalive: KEEPALIVE_S,
  will: willOf(options),
  ...(location.username === undefined ? {} : { username: location.username }),
  ...(location.password === undefined ? {} : { password: Buffer.from(location.password) }),
  ...(options.protocol === 5
    ? {
        properties: {
          sessionExpiryInterval: options.sessionExpiryS,
          receiveMaximum: options.receiveMaximum,
          maximumPacketSize: options.maxPacketBytes,
        },
      }
    : {}),
})
