/**
 * The topic grammar: which topics are ours, and the names of those the bridge publishes. A topic that is
 * none of ours is plain MQTT: routed by the broker, stored nowhere.
 */
import { parseDeviceId } from './device-id.ts'
import type { DeviceId } from './reading.ts'

export type Channel = 'data' | 'register' | 'heartbeat' | 'status' | 'buzzer-cmd' | 'buzzer-ack' | 'frame'

export interface DeviceTopic {
  readonly channel: Channel
  /** Undefined: the topic is ours, but its id breaks the rule of `parseDeviceId`. */
  readonly deviceId: DeviceId | undefined
}

const channelOf = (root: string, leaf: string): Channel | undefined => {
  switch (root) {
    case 'sensors':
      return leaf === 'data' ? 'data' : undefined
    case 'devices':
      return leaf === 'heartbeat' || leaf === 'register' || leaf === 'status' ? leaf : undefined
    case 'buzzer':
      return leaf === 'ack' ? 'buzzer-ack' : leaf === 'cmd' ? 'buzzer-cmd' : undefined
    case 'cameras':
      return leaf === 'frame' ? 'frame' : undefined
    default:
      return undefined
  }
}

const SENSORS = 'sensors/'
const DATA = '/data'

/** `sensors/{id}/data`, nearly every message: told by its two ends, only the id is cut out. */
const parseData = (topic: string): DeviceTopic | undefined => {
  const end = topic.length - DATA.length
  if (topic.indexOf('/', SENSORS.length) !== end) return undefined
  return { channel: 'data', deviceId: parseDeviceId(topic.slice(SENSORS.length, end)) }
}

/**
 * What a topic a client published to means to the bridge; undefined when it is none of ours (another root,
 * leaf or number of levels). `sensors//data` is ours, with an id that breaks the rule.
 */
export const parseTopic = (topic: string): DeviceTopic | undefined => {
  if (topic.startsWith(SENSORS) && topic.endsWith(DATA)) return parseData(topic)
  const first = topic.indexOf('/')
  const second = topic.indexOf('/', first + 1)
  if (first === -1 || second === -1 || topic.indexOf('/', second + 1) !== -1) return undefined
  const channel = channelOf(topic.slice(0, first), topic.slice(second + 1))
  return channel && { channel, deviceId: parseDeviceId(topic.slice(first + 1, second)) }
}

/** The topics by name, for whoever publishes or subscribes. */
export const topics = {
  /** Readings of one board. */
  data: (id: DeviceId): string => `sensors/${id}/data`,
  /** Retained latest values of one device. */
  latest: (id: DeviceId): string => `sensors/${id}/latest`,
  /** Why a publish of this board was refused. */
  errors: (id: DeviceId): string => `errors/${id}`,
  /** The highest durable `seq` of this board. */
  acks: (id: DeviceId): string => `acks/${id}`,
  /** Retained online or offline. */
  status: (id: DeviceId): string => `devices/${id}/status`,
  /** Commands to this board, as JSON. */
  deviceCommand: (id: DeviceId): string => `devices/${id}/cmd`,
  /** Commands to this board's buzzer. */
  command: (id: DeviceId): string => `buzzer/${id}/cmd`,
  /** Retained epoch milliseconds, for boards without a clock. */
  timeNow: 'time/now',
} as const
