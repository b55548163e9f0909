import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  type Identity,
  mayCall,
  mayPublish,
  mayRetain,
  maySubscribe,
  OPERATIONS,
  ROLES,
  type Role,
} from '../../../../bridge/core/access.ts'
import { anyDeviceId } from './arbitraries.ts'

const NAMES: Readonly<Record<Role, string>> = {
  anonymous: '',
  device: 'mine',
  dashboard: 'anna',
  operator: 'otto',
  bridge: 'link',
  admin: 'root',
}

const who = (role: Role, name = NAMES[role]): Identity => ({ role, name })

/** p: may publish, r: what it publishes may be retained, s: may subscribe, -: none of them. */
type Cell = 'prs' | 'pr' | 'ps' | 'p' | 's' | '-'

/** topic | anonymous, device `mine`, dashboard, operator, bridge, admin */
const TABLE: readonly (readonly [string, Cell, Cell, Cell, Cell, Cell, Cell])[] = [
  ['sensors/mine/data', 'prs', 'p', 's', 's', 'p', 'prs'],
  ['sensors/other/data', 'prs', '-', 's', 's', 'p', 'prs'],
  ['sensors/mine/latest', 's', '-', 's', 's', 's', 's'],
  ['sensors/other/latest', 's', '-', 's', 's', 's', 's'],
  ['sensors/mine', 'prs', '-', 's', 's', '-', 'prs'],
  ['sensors', 'prs', '-', 's', 's', '-', 'prs'],
  ['sensors/#', 's', '-', 's', 's', '-', 's'],
  ['sensors/+/data', 's', '-', 's', 's', '-', 's'],
  ['sensors/mine/#', 's', '-', 's', 's', '-', 's'],
  ['sensors/mine/data/more', 'prs', '-', 's', 's', '-', 'prs'],
  ['buzzer/mine/cmd', 'prs', 's', 'p', 'ps', 's', 'prs'],
  ['buzzer/other/cmd', 'prs', '-', 'p', 'ps', 's', 'prs'],
  ['buzzer/mine/ack', 'prs', 'ps', '-', 's', 'p', 'prs'],
  ['buzzer/other/ack', 'prs', '-', '-', 's', 'p', 'prs'],
  ['buzzer/+/cmd', 's', '-', '-', 's', 's', 's'],
  ['buzzer/mine/#', 's', 's', '-', 's', '-', 's'],
  ['buzzer/mine/+', 's', 's', '-', 's', '-', 's'],
  ['buzzer/#', 's', '-', '-', 's', '-', 's'],
  ['devices/mine/register', 'prs', 'ps', 's', 's', 'p', 'prs'],
  ['devices/other/register', 'prs', '-', 's', 's', 'p', 'prs'],
  ['devices/mine/heartbeat', 'prs', 'ps', 's', 's', 'p', 'prs'],
  ['devices/other/heartbeat', 'prs', '-', 's', 's', 'p', 'prs'],
  ['devices/mine/status', 'prs', 'prs', 's', 's', 'pr', 'prs'],
  ['devices/other/status', 'prs', '-', 's', 's', 'pr', 'prs'],
  ['devices/mine/cmd', 'prs', 's', 's', 'ps', 's', 'prs'],
  ['devices/other/cmd', 'prs', '-', 's', 'ps', 's', 'prs'],
  ['devices/mine', 'prs', 's', 's', 's', '-', 'prs'],
  ['devices/mine/#', 's', 's', 's', 's', '-', 's'],
  ['devices/+/cmd', 's', '-', 's', 's', 's', 's'],
  ['devices/+', 's', '-', 's', 's', '-', 's'],
  ['devices/#', 's', '-', 's', 's', '-', 's'],
  ['cameras/mine/frame', 'prs', 'p', '-', '-', 'p', 'prs'],
  ['cameras/other/frame', 'prs', '-', '-', '-', 'p', 'prs'],
  ['cameras/#', 's', '-', '-', '-', '-', 's'],
  ['errors/mine', 's', 's', '-', 's', 's', 's'],
  ['errors/mine/#', 's', 's', '-', 's', 's', 's'],
  ['errors/other', 's', '-', '-', 's', 's', 's'],
  ['errors/+', 's', '-', '-', 's', 's', 's'],
  ['errors/#', 's', '-', '-', 's', 's', 's'],
  ['acks/mine', 's', 's', '-', 's', 's', 's'],
  ['acks/other', 's', '-', '-', 's', 's', 's'],
  ['acks/#', 's', '-', '-', 's', 's', 's'],
  ['time/now', 's', 's', 's', 's', 's', 's'],
  ['time/#', 's', 's', 's', 's', 's', 's'],
  ['time', 's', 's', 's', 's', 's', 's'],
  ['home/lamp', 'prs', '-', '-', '-', '-', 'prs'],
  ['/sensors/mine/data', 'prs', '-', '-', '-', '-', 'prs'],
  ['Sensors/mine/data', 'prs', '-', '-', '-', '-', 'prs'],
  ['#', 's', '-', '-', '-', '-', 's'],
  ['+', 's', '-', '-', '-', '-', 's'],
  ['+/mine/data', 's', '-', '-', '-', '-', 's'],
  ['+/mine/#', 's', '-', '-', '-', '-', 's'],
  ['/#', 's', '-', '-', '-', '-', 's'],
  ['$SYS/uptime', '-', '-', '-', '-', '-', 's'],
  ['$SYS/#', '-', '-', '-', '-', '-', 's'],
  ['$SYS', '-', '-', '-', '-', '-', 's'],
  ['$SYSTEM/x', '-', '-', '-', '-', '-', '-'],
  ['$share/group/sensors/#', '-', '-', '-', '-', '-', '-'],
  ['$share/group/devices/mine/cmd', '-', '-', '-', '-', '-', '-'],
  ['$own/topic', '-', '-', '-', '-', '-', '-'],
  ['$+/#', '-', '-', '-', '-', '-', '-'],
]

const cellOf = (identity: Identity, topic: string): string => {
  const letters = [
    mayPublish(identity, topic) ? 'p' : '',
    mayRetain(identity, topic) ? 'r' : '',
    maySubscribe(identity, topic) ? 's' : '',
  ].join('')
  return letters === '' ? '-' : letters
}

describe('the table', () => {
  test.each(TABLE)(
    '%s: anonymous %s, its device %s, dashboard %s, operator %s, bridge %s, admin %s',
    (topic, ...cells) => {
      expect(ROLES.map((role) => cellOf(who(role), topic))).toEqual(cells)
    },
  )

  const CALLS: Readonly<Record<Role, readonly string[]>> = {
    anonymous: OPERATIONS,
    device: [],
    dashboard: ['read', 'buzz'],
    operator: ['read', 'buzz', 'command', 'inspect'],
    bridge: [],
    admin: OPERATIONS,
  }

  test.each(ROLES)('%s may do over HTTP what it is for, and nothing else', (role) => {
    expect(OPERATIONS.filter((operation) => mayCall(who(role), operation))).toEqual(CALLS[role])
  })

  test('a device may only send, and only for itself', () => {
    const of = (deviceId: string) => OPERATIONS.filter((each) => mayCall(who('device'), each, deviceId))
    expect(of('mine')).toEqual(['send'])
    expect(of('other')).toEqual([])
    expect(of('')).toEqual([])
  })

  test('for which device makes no difference to the other roles', () => {
    for (const role of ROLES.filter((each) => each !== 'device')) {
      for (const operation of OPERATIONS) {
        expect(mayCall(who(role), operation, 'any')).toBe(mayCall(who(role), operation))
      }
    }
  })
})

/** MQTT's own rule, word by word [MQTT-4.7.1, MQTT-4.7.2-1]; nothing of the code under test. */
const matches = (filter: string, topic: string): boolean => {
  const wanted = filter.split('/')
  const given = topic.split('/')
  if (topic.startsWith('$') && (wanted[0] === '#' || wanted[0] === '+')) return false
  for (const [index, want] of wanted.entries()) {
    if (want === '#') return true
    if (index >= given.length || (want !== '+' && want !== given[index])) return false
  }
  return wanted.length === given.length
}

const READS: Readonly<Record<Role, readonly string[]>> = {
  anonymous: ['#'],
  device: ['buzzer/{}/#', 'devices/{}/#', 'errors/{}/#', 'acks/{}/#', 'time/#'],
  dashboard: ['sensors/#', 'devices/#', 'time/#'],
  operator: ['sensors/#', 'devices/#', 'time/#', 'buzzer/#', 'errors/#', 'acks/#'],
  bridge: ['buzzer/+/cmd', 'devices/+/cmd', 'sensors/+/latest', 'errors/#', 'acks/#', 'time/#'],
  admin: ['#', '$SYS/#'],
}

const isReadable = ({ role, name }: Identity, topic: string): boolean =>
  READS[role].some((filter) =>
    matches(
      filter.replace('{}', () => name),
      topic,
    ),
  )

const anyIdentity = fc
  .tuple(fc.constantFrom(...ROLES), fc.oneof(fc.constantFrom('mine', '{name}', '$SYS', '{}'), anyDeviceId))
  .map(([role, name]) => who(role, role === 'anonymous' ? '' : name))

const WORDS = [
  'sensors',
  'devices',
  'buzzer',
  'errors',
  'acks',
  'time',
  'data',
  'cmd',
  'now',
  '$SYS',
  '{name}',
  '',
]

/** Filters that come close to what an identity may read: made of the words of the table and its name. */
const filterFor = ({ name }: Identity): fc.Arbitrary<string> => {
  const level = fc.oneof(
    { arbitrary: fc.constantFrom(...WORDS), weight: 4 },
    { arbitrary: fc.constantFrom('+', name), weight: 4 },
    { arbitrary: anyDeviceId, weight: 1 },
  )
  return fc
    .tuple(fc.array(level, { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([levels, open]) => [...levels, ...(open ? ['#'] : [])].join('/'))
}

const level = fc.oneof(fc.constantFrom('mine', 'cmd', '', '$SYS'), anyDeviceId)

/** A topic that the filter matches. */
const topicOf = (filter: string): fc.Arbitrary<string> =>
  fc.tuple(fc.infiniteStream(level), fc.nat(3)).map(([levels, more]) => {
    const next = (): string => levels.next().value as string
    const made = filter
      .split('/')
      .flatMap((each) => (each === '#' ? Array.from({ length: more }, next) : each === '+' ? next() : each))
    return made.join('/')
  })

const anyCase = anyIdentity.chain((identity) =>
  filterFor(identity).chain((filter) => topicOf(filter).map((topic) => ({ identity, filter, topic }))),
)

describe('whatever the name and the filter', () => {
  test('who may subscribe to a filter may read every topic that it matches', () => {
    fc.assert(
      fc.property(anyCase, ({ identity, filter, topic }) => {
        fc.pre(matches(filter, topic) && maySubscribe(identity, filter))
        expect(isReadable(identity, topic)).toBe(true)
        expect(maySubscribe(identity, topic)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test('a filter that is refused reaches something that is not to be read', () => {
    fc.assert(
      fc.property(anyCase, ({ identity, filter }) => {
        fc.pre(!maySubscribe(identity, filter))
        const strange = (rest: string) => filter.replaceAll('+', 'str\u00e4nge').replace(/\/?#$/, rest)
        const reached = ['', '/strange', '/strange/strange'].map(strange)
        expect(reached.every((topic) => isReadable(identity, topic))).toBe(false)
      }),
      { numRuns: 2_000 },
    )
  })

  test('what may be retained may be published', () => {
    fc.assert(
      fc.property(anyCase, ({ identity, topic }) => {
        if (mayRetain(identity, topic)) expect(mayPublish(identity, topic)).toBe(true)
      }),
    )
  })

  test('nobody publishes to a topic with a wildcard, nor to one that begins with $', () => {
    fc.assert(
      fc.property(anyCase, ({ identity, topic }) => {
        for (const none of [`${topic}/+`, `${topic}/#`, `$${topic}`]) {
          expect(mayPublish(identity, none)).toBe(false)
          expect(mayRetain(identity, none)).toBe(false)
        }
      }),
    )
  })

  test('a device publishes and reads only where its own name stands', () => {
    fc.assert(
      fc.property(anyDeviceId, anyDeviceId, (name, other) => {
        fc.pre(name !== other)
        const device = who('device', name)
        expect(mayPublish(device, `sensors/${name}/data`)).toBe(true)
        expect(maySubscribe(device, `devices/${name}/cmd`)).toBe(true)
        expect(mayPublish(device, `sensors/${other}/data`)).toBe(false)
        expect(maySubscribe(device, `devices/${other}/cmd`)).toBe(false)
      }),
    )
  })
})

describe('a name that is none', () => {
  test.each(['', '+', '#', 'a/b', '../mine'])('"%s" gives a device no topic at all', (name) => {
    const device = who('device', name)
    expect(mayPublish(device, `sensors/${name}/data`)).toBe(false)
    expect(maySubscribe(device, `devices/${name}/cmd`)).toBe(false)
    expect(maySubscribe(device, 'devices/mine/cmd')).toBe(false)
    expect(maySubscribe(device, 'devices/+/cmd')).toBe(false)
    expect(maySubscribe(device, 'devices/#')).toBe(false)
  })
})
