/** What waits in Redis for kept sessions, and what is left there when it was acked. */
import { beforeEach, describe, expect, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { askRedis, connectTo, heardBy, startNode } from './cluster-rig.ts'

const later = useCleanups()
let redis: TestRedis
beforeEach(async () => {
  redis = await startRedis()
  later(redis.stop)
})

describe('what a session was sent and acked', () => {
  test('leaves nothing in its queue, at QoS 1 and 2', async () => {
    const node = await startNode(later, redis)
    const commands = await askRedis(later, redis)
    const app = await connectTo(later, node, { clientId: 'app', clean: false })
    const heard = heardBy(app)
    await app.subscribeAsync('orders/#', { qos: 2 })
    const sender = await connectTo(later, node)
    for (const qos of [1, 2, 2] as const) await sender.publishAsync('orders/x', String(qos), { qos })
    await eventually(() => heard.length === 3)
    await eventually(async () => (await commands.call('LLEN', 'outgoing:app')) === 0)
    await eventually(async () => ((await commands.call('KEYS', 'packet:*')) as string[]).length === 0)
  })

  test('leaves nothing behind either when its queue was full', async () => {
    const node = await startNode(later, redis, { options: { maxOfflineMessages: 1 } })
    const commands = await askRedis(later, redis)
    const app = await connectTo(later, node, { clientId: 'app', clean: false })
    const heard = heardBy(app)
    await app.subscribeAsync('orders/#', { qos: 2 })
    await commands.call('RPUSH', 'outgoing:app', 'packet:another@app:1')
    const sender = await connectTo(later, node)
    for (const qos of [1, 2, 1] as const) await sender.publishAsync('orders/x', String(qos), { qos })
    await eventually(() => heard.length === 3)
    await eventually(async () => ((await commands.call('KEYS', 'packet:*')) as string[]).length === 0)
    expect(await commands.call('LRANGE', 'outgoing:app', 0, -1)).toEqual(['packet:another@app:1'])
    expect(await commands.call('KEYS', 'outgoing:app:*')).toEqual([])
  })
})
