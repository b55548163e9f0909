/** The access list on a real Mosquitto against the table of roles: what of it holds there, and every cell that differs. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Identity, mayPublish, maySubscribe, type Role } from '../../bridge/core/access.ts'
import { eventually } from '../support/eventually.ts'
import {
  connectAs,
  type Login,
  type MosquittoWorld,
  mosquittoWorld,
  type TestClient,
} from '../support/mosquitto-world.ts'

const TOPICS = [
  ...[
    'sensors/mine/data',
    'sensors/other/data',
    'sensors/mine/latest',
    'sensors/other/latest',
    'sensors/mine',
  ],
  ...['buzzer/mine/cmd', 'buzzer/other/cmd', 'buzzer/mine/ack', 'buzzer/other/ack'],
  ...['devices/mine/register', 'devices/other/register', 'devices/mine/heartbeat', 'devices/other/heartbeat'],
  ...['devices/mine/status', 'devices/other/status', 'devices/mine/cmd', 'devices/other/cmd', 'devices/mine'],
  ...['cameras/mine/frame', 'cameras/other/frame', 'errors/mine', 'errors/other', 'acks/mine', 'acks/other'],
  ...[
    'time/now',
    'time',
    'home/lamp',
    '/sensors/mine/data',
    'Sensors/mine/data',
    'sluice/x/probe',
    'sluice/x',
  ],
  // Of devices whose names are those of users.
  ...['sensors/anna/data', 'devices/anna/status', 'sensors/otto/data', 'buzzer/otto/ack', 'buzzer/anna/cmd'],
]
const END = 'home/end'

const NAMES = { device: 'mine', dashboard: 'anna', operator: 'otto', admin: 'root' } as const
type Named = keyof typeof NAMES
const ROLES_HERE = ['device', 'dashboard', 'operator', 'admin'] as const satisfies readonly Role[]

/** Cells that differ from the table, all told in docs/mosquitto.md: an admin may say what Sluice alone says. */
const OF_SLUICE = /^(sensors\/\w+\/latest|acks\/.*|errors\/.*|time(\/.*)?)$/
const MORE_TO_PUBLISH: Readonly<Record<Named, (topic: string) => boolean>> = {
  device: () => false,
  dashboard: () => false,
  operator: () => false,
  admin: (topic) => OF_SLUICE.test(topic),
}
/** By the patterns, which hold for users too: what a board of its name would be told. */
const MORE_TO_READ: Readonly<Record<Named, (topic: string) => boolean>> = {
  device: () => false,
  dashboard: (topic) => topic === 'buzzer/anna/cmd',
  operator: () => false,
  admin: () => false,
}
/** A user reads nothing of what a board of its own name would send; there can be none. */
const LESS_TO_READ: Readonly<Record<Named, (topic: string) => boolean>> = {
  device: () => false,
  dashboard: (topic) => ['sensors/anna/data', 'devices/anna/status'].includes(topic),
  operator: (topic) => ['sensors/otto/data', 'buzzer/otto/ack'].includes(topic),
  admin: () => false,
}

let world: MosquittoWorld
let watcher: TestClient
const logins = new Map<string, Login>()
const clients: TestClient[] = []

const open = async (name: string): Promise<TestClient> => {
  const opened = await connectAs(world.mosquitto.ports.mqtt, logins.get(name) ?? { name, secret: '' })
  clients.push(opened)
  return opened
}

beforeAll(async () => {
  world = await mosquittoWorld(async ({ addDevice, addUser }) => {
    for (const name of ['mine', 'other']) logins.set(name, await addDevice(name))
    for (const role of ['dashboard', 'operator', 'admin'] as const) {
      logins.set(NAMES[role], await addUser(NAMES[role], role))
    }
    logins.set('watcher', await addUser('watcher', 'admin'))
    logins.set('sluice', await addUser('sluice', 'bridge'))
  })
  watcher = await open('watcher')
  await watcher.client.subscribeAsync('#', { qos: 1 })
}, 60_000)

afterAll(async () => {
  for (const { client } of clients) await client.endAsync(true)
  await world?.end()
})

/** Which of the topics get through when this client publishes to each of them. */
const published = async (name: string): Promise<readonly string[]> => {
  const { client } = await open(name)
  const from = watcher.topics.length
  for (const topic of TOPICS) await client.publishAsync(topic, 'x', { qos: 1 })
  await watcher.client.publishAsync(END, name, { qos: 1 })
  await eventually(() => watcher.topics.indexOf(END, from) !== -1)
  await client.endAsync()
  return watcher.topics.slice(from, watcher.topics.indexOf(END, from))
}

/** Which of the topics reach this client when it has subscribed to all of them. */
const read = async (name: string): Promise<readonly string[]> => {
  const { client, topics } = await open(name)
  await client.subscribeAsync([...TOPICS, 'buzzer/end/cmd', 'time/end'], { qos: 1 })
  for (const topic of TOPICS) await watcher.client.publishAsync(topic, 'x', { qos: 1 })
  // The last one is for each role on a topic that it reads.
  const last = name === 'sluice' ? 'buzzer/end/cmd' : 'time/end'
  await watcher.client.publishAsync(last, 'x', { qos: 1 })
  await eventually(() => topics.includes(last))
  await client.endAsync()
  return topics.filter((topic) => topic !== last)
}

describe.each(ROLES_HERE)('with the shipped files a %s', (role) => {
  const identity: Identity = { role, name: NAMES[role] }

  test('publishes to what the table allows, but for the cells that are told', async () => {
    const expected = TOPICS.filter((topic) => mayPublish(identity, topic) || MORE_TO_PUBLISH[role](topic))
    expect(await published(NAMES[role])).toEqual(expected)
  })

  test('is sent what the table allows, but for the cells that are told', async () => {
    const expected = TOPICS.filter(
      (topic) => (maySubscribe(identity, topic) && !LESS_TO_READ[role](topic)) || MORE_TO_READ[role](topic),
    )
    expect(await read(NAMES[role])).toEqual(expected)
  })
})

describe('with the shipped files Sluice itself', () => {
  const isOneOf = (topic: string, ...patterns: readonly RegExp[]): boolean =>
    patterns.some((pattern) => pattern.test(topic))

  test('says what it says in its own broker, its own probes, and nothing for a board', async () => {
    const own = [/^(acks|errors|time)\b/, /^sensors\/\w+\/latest$/, /^(buzzer|devices)\/\w+\/cmd$/]
    const expected = TOPICS.filter((topic) =>
      isOneOf(topic, ...own, /^devices\/\w+\/status$/, /^sluice\/x\/probe$/),
    )
    expect(await published('sluice')).toEqual(expected)
  })

  test('is sent what boards send, commands to be recorded, its own probes, the time, and nothing else', async () => {
    const sent = [/^sensors\/\w+\/data$/, /^devices\/\w+\/(register|heartbeat|status)$/, /^buzzer\/\w+\/ack$/]
    const expected = TOPICS.filter((topic) =>
      isOneOf(topic, ...sent, /^cameras\/\w+\/frame$/, /^(buzzer\/\w+\/cmd|sluice\/x\/probe|time(\/now)?)$/),
    )
    expect(await read('sluice')).toEqual(expected)
  })
})
