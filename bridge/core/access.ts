/**
 * Who may do what, as one table. A role is a list of topics it may publish to, of topics whose messages it may be
 * sent, and of operations over HTTP; `{name}` in a topic stands for the identity's own name, which of a device is
 * its device id. What is in no list may nobody: the topics that Sluice itself publishes (`acks/…`, `errors/…`,
 * `sensors/…/latest`, `time/now`) are in no list of publishes.
 */

export const ROLES = ['anonymous', 'device', 'dashboard', 'operator', 'admin'] as const

export type Role = (typeof ROLES)[number]

/** Who a client is. */
export interface Identity {
  readonly role: Role
  /** Of a device its device id; of anonymous clients empty. */
  readonly name: string
  /** Epoch ms; from then on it is nobody. Absent: until it is revoked. */
  readonly expiresAt?: number
}

/** What can be done over HTTP and WebSocket, by kind. */
export const OPERATIONS = [
  /** Send for a device, and ask for what it has to do: readings, heartbeat, frames, buzzer poll and ack. */
  'send',
  /** Read values, pictures and states; listen to events. */
  'read',
  /** Let a buzzer beep. */
  'buzz',
  /** Send another command to a device. */
  'command',
  /** Change what is kept: add a face, make a recording. */
  'manage',
  /** Metrics, balance sheet, system performance. */
  'inspect',
] as const

export type Operation = (typeof OPERATIONS)[number]

interface Rights {
  /** Topics, with `+` and `#` as in a filter. */
  readonly publish: readonly string[]
  /** Of those, where the message may stay as a retained one; elsewhere it is sent on without. */
  readonly retain: readonly string[]
  readonly subscribe: readonly string[]
  readonly operations: readonly Operation[]
}

const OWN_OF_SLUICE: readonly string[] = ['sensors/+/latest', 'acks/#', 'errors/#', 'time/#', '$SYS/#']

const ALL_OPERATIONS: readonly Operation[] = OPERATIONS

const DASHBOARD: Rights = {
  publish: ['buzzer/+/cmd'],
  retain: [],
  subscribe: ['sensors/#', 'devices/#', 'time/#'],
  operations: ['read', 'buzz'],
}

const RIGHTS: Readonly<Record<Role, Rights>> = {
  anonymous: { publish: ['#'], retain: ['#'], subscribe: ['#'], operations: ALL_OPERATIONS },
  device: {
    publish: [
      'sensors/{name}/data',
      'devices/{name}/register',
      'devices/{name}/heartbeat',
      'devices/{name}/status',
      'buzzer/{name}/ack',
      'cameras/{name}/frame',
    ],
    retain: ['devices/{name}/status'],
    subscribe: ['buzzer/{name}/#', 'devices/{name}/#', 'errors/{name}/#', 'acks/{name}/#', 'time/#'],
    operations: ['send'],
  },
  dashboard: DASHBOARD,
  operator: {
    publish: [...DASHBOARD.publish, 'devices/+/cmd'],
    retain: [],
    subscribe: [...DASHBOARD.subscribe, 'buzzer/#', 'errors/#', 'acks/#'],
    operations: [...DASHBOARD.operations, 'command', 'inspect'],
  },
  admin: { publish: ['#'], retain: ['#'], subscribe: ['#', '$SYS/#'], operations: ALL_OPERATIONS },
}

const level = (pattern: string, name: string): string => (pattern === '{name}' ? name : pattern)

/**
 * Whether every topic that `filter` (or a topic, which is a filter without wildcards) matches is matched by
 * `pattern` too [MQTT-4.7.1]. Wildcards do not reach topics that begin with `$` [MQTT-4.7.2-1].
 */
const isWithin = (filter: string, pattern: string, name: string): boolean => {
  if (filter.startsWith('$') && !pattern.startsWith('$')) return false
  const wanted = filter.split('/')
  const given = pattern.split('/')
  for (let index = 0; index < given.length; index += 1) {
    const of = given[index] ?? ''
    if (of === '#') return true
    const want = wanted[index]
    if (want === undefined || want === '#') return false
    if (of !== '+' && want !== level(of, name)) return false
  }
  return wanted.length === given.length
}

const isWithinAny = (filter: string, patterns: readonly string[], name: string): boolean =>
  patterns.some((pattern) => isWithin(filter, pattern, name))

/** Whether a client may publish to this topic. */
export const mayPublish = ({ role, name }: Identity, topic: string): boolean =>
  isWithinAny(topic, RIGHTS[role].publish, name) && !isWithinAny(topic, OWN_OF_SLUICE, name)

/** Whether what it publishes there may stay as the topic's retained message. */
export const mayRetain = ({ role, name }: Identity, topic: string): boolean =>
  isWithinAny(topic, RIGHTS[role].retain, name)

/** Whether it may subscribe: every topic the filter reaches must be one it may be sent. */
export const maySubscribe = ({ role, name }: Identity, filter: string): boolean =>
  isWithinAny(filter, RIGHTS[role].subscribe, name)

/** Whether it may do this over HTTP or WebSocket. `deviceId`: for whom, where the operation is about one device. */
export const mayCall = ({ role, name }: Identity, operation: Operation, deviceId?: string): boolean =>
  RIGHTS[role].operations.includes(operation) && (role !== 'device' || deviceId === name)
