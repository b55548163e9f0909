/**
 * Who may do what, as one table. A role is a list of topics it may publish to, of topics whose messages it may be
 * sent, and of operations over HTTP; `{name}` in a topic stands for the identity's own name, which of a device is
 * its device id. What is in no list may nobody: the topics that Sluice itself publishes (`acks/…`, `errors/…`,
 * `sensors/…/latest`, `time/now`) are in no list of publishes.
 */

export const ROLES = ['anonymous', 'device', 'dashboard', 'operator', 'bridge', 'admin'] as const

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

/** A topic with `+`, `#` and `{name}`, level by level. */
type Pattern = readonly string[]

interface Rights {
  readonly publish: readonly Pattern[]
  /** Of those, where the message may stay as a retained one; elsewhere it is sent on without. */
  readonly retain: readonly Pattern[]
  readonly subscribe: readonly Pattern[]
  readonly operations: readonly Operation[]
}

const patterns = (...topics: readonly string[]): readonly Pattern[] => topics.map((topic) => topic.split('/'))

const OWN_OF_SLUICE = patterns('sensors/+/latest', 'acks/#', 'errors/#', 'time/#', '$SYS/#')

const NOWHERE = patterns()
const EVERYWHERE = patterns('#')

/** Home Assistant is a dashboard: it reads what it is told of devices, and tells when it has started. */
const DASHBOARD: Rights = {
  publish: patterns('buzzer/+/cmd', 'homeassistant/status'),
  retain: NOWHERE,
  subscribe: patterns('sensors/#', 'devices/#', 'time/#', 'homeassistant/#'),
  operations: ['read', 'buzz'],
}

const RIGHTS: Readonly<Record<Role, Rights>> = {
  anonymous: { publish: EVERYWHERE, retain: EVERYWHERE, subscribe: EVERYWHERE, operations: OPERATIONS },
  device: {
    publish: patterns(
      'sensors/{name}/data',
      'devices/{name}/register',
      'devices/{name}/heartbeat',
      'devices/{name}/status',
      'buzzer/{name}/ack',
      'cameras/{name}/frame',
    ),
    retain: patterns('devices/{name}/status'),
    subscribe: patterns('buzzer/{name}/#', 'devices/{name}/#', 'errors/{name}/#', 'acks/{name}/#', 'time/#'),
    operations: ['send'],
  },
  dashboard: DASHBOARD,
  operator: {
    publish: [...DASHBOARD.publish, ...patterns('devices/+/cmd')],
    retain: NOWHERE,
    subscribe: [...DASHBOARD.subscribe, ...patterns('buzzer/#', 'errors/#', 'acks/#')],
    operations: [...DASHBOARD.operations, 'command', 'inspect'],
  },
  // A broker beside Sluice: hands on what its boards send, and takes what Sluice has for them. What either side says
  // is never in both lists, so nothing goes round.
  bridge: {
    publish: patterns(
      'sensors/+/data',
      'devices/+/register',
      'devices/+/heartbeat',
      'devices/+/status',
      'buzzer/+/ack',
      'cameras/+/frame',
      'homeassistant/status',
    ),
    retain: patterns('devices/+/status'),
    subscribe: patterns(
      'buzzer/+/cmd',
      'devices/+/cmd',
      'sensors/+/latest',
      'errors/#',
      'acks/#',
      'time/#',
      'homeassistant/device/+/config',
    ),
    operations: [],
  },
  admin: {
    publish: EVERYWHERE,
    retain: EVERYWHERE,
    subscribe: [...EVERYWHERE, ...patterns('$SYS/#')],
    operations: OPERATIONS,
  },
}

const HASH = 0x23
const DOLLAR = 0x24
const SLASH = 0x2f

/** No name of anyone is another; of these each would match more than itself, or less. */
const isOneLevel = (name: string): boolean =>
  name !== '' && name !== '+' && name !== '#' && !name.includes('/')

/** Where the level of `topic` that begins at `at` ends; -1 when it is another one than `level`. */
const endOfSame = (level: string, topic: string, at: number): number => {
  const end = at + level.length
  if (!topic.startsWith(level, at)) return -1
  return end === topic.length || topic.charCodeAt(end) === SLASH ? end : -1
}

/** The same for a level that may be any but `#`. */
const endOfAny = (topic: string, at: number): number => {
  if (topic.charCodeAt(at) === HASH) return -1
  const slash = topic.indexOf('/', at)
  return slash === -1 ? topic.length : slash
}

/**
 * Whether every topic that `filter` (or a topic, which is a filter without wildcards) matches is matched by
 * `pattern` too [MQTT-4.7.1]. Wildcards do not reach topics that begin with `$` [MQTT-4.7.2-1]. Runs for every
 * message: nothing is allocated.
 */
const isWithin = (filter: string, pattern: Pattern, name: string): boolean => {
  if (filter.charCodeAt(0) === DOLLAR && pattern[0]?.charCodeAt(0) !== DOLLAR) return false
  let at = 0
  for (const level of pattern) {
    if (level === '#') return true // also of the level above it [MQTT-4.7.1-2]
    if (at > filter.length) return false
    const isName = level === '{name}'
    const end = level === '+' ? endOfAny(filter, at) : endOfSame(isName ? name : level, filter, at)
    if (end === -1 || (isName && !isOneLevel(name))) return false
    at = end + 1
  }
  return at > filter.length
}

const isWithinAny = (filter: string, among: readonly Pattern[], name: string): boolean => {
  for (const pattern of among) if (isWithin(filter, pattern, name)) return true
  return false
}

const isIn = (topic: string, among: readonly Pattern[], name: string): boolean =>
  isWithinAny(topic, among, name) &&
  !isWithinAny(topic, OWN_OF_SLUICE, name) &&
  // A wildcard in the topic of a PUBLISH is no topic [MQTT-3.3.2-2].
  !topic.includes('+') &&
  !topic.includes('#')

/** Whether a client may publish to this topic. */
export const mayPublish = ({ role, name }: Identity, topic: string): boolean =>
  isIn(topic, RIGHTS[role].publish, name)

/** Whether what it publishes there may stay as the topic's retained message. */
export const mayRetain = ({ role, name }: Identity, topic: string): boolean =>
  isIn(topic, RIGHTS[role].retain, name)

/** Whether it may subscribe: every topic the filter reaches must be one it may be sent. */
export const maySubscribe = ({ role, name }: Identity, filter: string): boolean =>
  isWithinAny(filter, RIGHTS[role].subscribe, name)

/** Whether it may do this over HTTP or WebSocket. `deviceId`: for whom, where the operation is about one device. */
export const mayCall = ({ role, name }: Identity, operation: Operation, deviceId?: string): boolean =>
  RIGHTS[role].operations.includes(operation) && (role !== 'device' || deviceId === name)

/** A role's row of the table, for documents; whether something is allowed is asked of the functions above. */
export const rightsOf = (role: Role) => RIGHTS[role]
