/** What an ack of Mosquitto does not say: what waits for Sluice there, and what of it is lost. */
import { expect, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { connectAs, type Login, type MosquittoWorld, mosquittoWorld } from '../support/mosquitto-world.ts'

const later = useCleanups()

/** Sluice's session is made, and Sluice is away. */
const away = async (settings = {}) => {
  let porch: Login = { name: '', secret: '' }
  let own: Login = porch
  const world = await mosquittoWorld(
    async ({ addDevice, addUser }) => {
      porch = await addDevice('porch')
      own = await addUser('sluice', 'bridge')
    },
    () => ({ settings }),
  )
  later(() => world.end())
  const back = () => connectAs(world.mosquitto.ports.mqtt, own, { clean: false })
  const { client } = await back()
  await client.subscribeAsync('sensors/+/data', { qos: 1 })
  await client.endAsync()
  return { world, porch, back }
}

/** Publishes all at once; resolves when all are acked. */
const publish = async (
  world: MosquittoWorld,
  login: Login,
  payloads: readonly string[],
  qos: 1 | 2 = 1,
): Promise<void> => {
  const { client } = await connectAs(world.mosquitto.ports.mqtt, login)
  await Promise.all(payloads.map((payload) => client.publishAsync('sensors/porch/data', payload, { qos })))
  await client.endAsync()
}

const LAST = 'last'

/** What waited for Sluice, up to a last message that is published now. */
const waiting = async ({ world, porch, back }: Awaited<ReturnType<typeof away>>) => {
  const { client, messages } = await back()
  await publish(world, porch, [LAST])
  await eventually(() => messages.some(({ payload }) => payload === LAST))
  await client.endAsync()
  return messages.map(({ payload }) => payload).filter((payload) => payload !== LAST)
}

const numbered = (count: number, size = 0): readonly string[] =>
  Array.from({ length: count }, (_, at) => String(at).padEnd(size, ' '))

test('while Sluice is away its readings wait, more than the thousand of Mosquitto, and through a restart', async () => {
  const rig = await away()
  await publish(rig.world, rig.porch, numbered(3_000))
  await rig.world.mosquitto.stop()
  await rig.world.mosquitto.start()
  // A board may be back before Sluice is.
  await publish(rig.world, rig.porch, ['after'])
  expect(await waiting(rig)).toEqual([...numbered(3_000), 'after'])
}, 60_000)

test('a Mosquitto that is killed loses what it has acked since it last wrote its file', async () => {
  const rig = await away()
  await rig.world.mosquitto.stop()
  await rig.world.mosquitto.start()
  await publish(rig.world, rig.porch, numbered(10))
  await rig.world.mosquitto.kill()
  await rig.world.mosquitto.start()
  expect(await waiting(rig)).toEqual([])
}, 60_000)

test('over the bound of its queue Mosquitto drops what it acks', async () => {
  const rig = await away({ max_queued_bytes: 'max_queued_bytes 100000' })
  const sent = numbered(200, 1_000)
  await publish(rig.world, rig.porch, sent)
  const kept = await waiting(rig)
  expect(kept.length).toBeGreaterThan(50)
  expect(kept.length).toBeLessThan(150)
}, 60_000)

test('QoS 2 messages in flight beyond max_inflight_messages are acked and lost', async () => {
  const few = await away({ max_inflight_messages: 'max_inflight_messages 20' })
  await publish(few.world, few.porch, numbered(200), 2)
  expect((await waiting(few)).length).toBeLessThan(200)
  const shipped = await away()
  await publish(shipped.world, shipped.porch, numbered(200), 2)
  expect((await waiting(shipped)).length).toBe(200)
}, 60_000)
