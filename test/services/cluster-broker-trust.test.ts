/** Nodes go on whatever comes on their channels, and are reached before they begin. */
import { beforeEach, expect, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { askRedis, connectTo, heardBy, startNode, startNodes } from './cluster-rig.ts'

const later = useCleanups()
let redis: TestRedis
beforeEach(async () => {
  redis = await startRedis()
  later(redis.stop)
})

type Value = string | number | { readonly [field: string]: Value }

/** As msgpack: short strings, small numbers, small maps. */
const packed = (value: Value): Buffer => {
  if (typeof value === 'number') return Buffer.of(value)
  if (typeof value === 'string') return Buffer.from([0xa0 | value.length, ...Buffer.from(value)])
  const fields = Object.entries(value)
  return Buffer.concat([Buffer.of(0x80 | fields.length), ...fields.flat().map(packed)])
}

test('a message between nodes that cannot be read is told, and ends nothing', async () => {
  const [a, b] = await startNodes(later, redis, 2)
  const commands = await askRedis(later, redis)
  const there = await connectTo(later, b)
  const heard = heardBy(there)
  await there.subscribeAsync('x', { qos: 1 })
  const said = (fields: { readonly [field: string]: Value }, id: string) =>
    packed({ id, msg: { topic: 'sluice/nodes', from: 'c', ...fields } })
  for (const garbage of [
    Buffer.from('garbage'),
    Buffer.of(0xc1),
    packed({ id: '1', msg: { topic: 7 } }),
    said({ type: 'packet', packet: 1 }, '2'),
    said({ type: 'packet', packet: { topic: 'x', payload: 1 } }, '3'),
    said({ type: 'interest', version: 1, kept: 1 }, '4'),
    said({ type: 'constructor' }, '5'),
  ])
    await commands.call('PUBLISH', 'sluice/nodes', garbage)
  const here = await connectTo(later, a)
  await here.publishAsync('x', 'y', { qos: 1 })
  await eventually(() => heard.length === 1)
  expect(heard).toEqual(['x y'])
  for (const node of [a, b]) expect(node?.errors.length).toBeGreaterThan(3)
})

test('what a listener of the bus cannot read ends nothing', async () => {
  const [a, b] = await startNodes(later, redis, 2)
  const read: unknown[] = []
  b?.broker.cluster?.bus.listen('kind', (body) => read.push(JSON.parse(body)))
  await eventually(() => a?.broker.cluster?.bus.isHeard('kind'))
  for (const body of ['{', '{}']) a?.broker.cluster?.bus.tell('kind', body)
  await eventually(() => read.length === 1)
  expect(b?.errors.length).toBe(1)
})

test('a node whose channels could not be subscribed to tries again before it begins', async () => {
  let failures = 0
  const b = await startNode(later, redis, {
    through: (given) => ({
      ...given,
      listener: new Proxy(given.listener, {
        get: (target, name) => {
          const value = Reflect.get(target, name) as unknown
          if (name === 'subscribe' && failures < 4) {
            return async (..._: unknown[]) => {
              failures += 1
              const told = _.at(-1)
              if (typeof told === 'function') told(new Error('away'))
              throw new Error('away')
            }
          }
          return typeof value === 'function' ? value.bind(target) : value
        },
      }),
    }),
  })
  const a = await startNode(later, redis)
  const there = await connectTo(later, b)
  const heard = heardBy(there)
  await there.subscribeAsync('x', { qos: 1 })
  const here = await connectTo(later, a)
  await here.publishAsync('x', 'y', { qos: 1 })
  await eventually(() => heard.length === 1)
  expect(b.errors.map(({ message }) => message)).toEqual(['away', 'away'])
})
