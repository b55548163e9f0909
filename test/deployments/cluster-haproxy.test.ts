import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import mqtt from 'mqtt'
import { useCleanups } from '../support/cleanups.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { mosquittoPub } from '../support/mosquitto-clients.ts'
import { type OwnCluster, startOwnCluster } from '../support/own-cluster.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { freshDataDir } from '../support/sluice.ts'

let database: FreshDatabase
let redis: TestRedis
let cluster: OwnCluster
let removeData: () => Promise<void>
const cleanup = useCleanups()

beforeAll(async () => {
  database = await freshDatabase()
  redis = await startRedis()
  const { dataDir, cleanup: remove } = await freshDataDir()
  removeData = remove
  cluster = await startOwnCluster({ folder: dataDir, databaseUrl: database.url, redisUrl: redis.url })
}, 120_000)

afterAll(async () => {
  await cluster?.stop()
  await redis?.stop()
  await database?.drop()
  await removeData?.()
}, 60_000)

const topic = 'sensors/board-1/data'
let sent = 0

/** As a board does it: when its connection or its ack is lost, it connects anew and sends it again. */
const publish = async (): Promise<void> => {
  sent += 1
  const message = JSON.stringify({ temperature: sent, boot: 'b', seq: sent })
  await eventually(async () => {
    await mosquittoPub({ port: cluster.proxy.mqttPort, topic, message })
    return true
  }, 20_000)
}

const storedSeqs = async (): Promise<readonly number[]> => {
  const { rows } = await database.pool.query<{ seq: string }>('SELECT seq FROM sensor_data ORDER BY seq')
  return rows.map(({ seq }) => Number(seq))
}

const allSent = (): readonly number[] => Array.from({ length: sent }, (_, index) => index + 1)

/** How many MQTT clients each node has; undefined for one that does not answer. */
const connections = (): Promise<readonly (number | undefined)[]> =>
  Promise.all(
    cluster.nodes.map(async ({ sluice }) => {
      const text = await fetch(`${sluice.http}/metrics`).then(
        (answer) => answer.text(),
        () => '',
      )
      const found = /^sluice_mqtt_connections (\d+)$/m.exec(text)?.[1]
      return found === undefined ? undefined : Number(found)
    }),
  )

describe('three nodes behind HAProxy', () => {
  test('what is published through HAProxy is a row, whichever node it came to', async () => {
    for (let message = 0; message < 6; message++) await publish()
    await eventually(async () => (await storedSeqs()).length >= sent, 20_000)
    expect(await storedSeqs()).toEqual(allSent())
  }, 60_000)

  test('connections are spread over the nodes, over TCP and over WebSocket', async () => {
    const before = await connections()
    const { mqttPort, httpPort } = cluster.proxy
    for (const url of [`mqtt://127.0.0.1:${mqttPort}`, `ws://127.0.0.1:${httpPort}/mqtt`])
      for (let client = 0; client < 3; client++) {
        const connected = await mqtt.connectAsync(url, { reconnectPeriod: 0 })
        cleanup(() => connected.endAsync(true))
      }
    await eventually(async () => {
      const now = await connections()
      const more = now.map((count, index) => (count ?? 0) - (before[index] ?? 0))
      return more.reduce((sum, count) => sum + count, 0) === 6 && more.every((count) => count >= 1)
    })
  }, 60_000)

  test('HTTP through HAProxy is answered by a node that is ready', async () => {
    const answer = await fetch(`http://127.0.0.1:${cluster.proxy.httpPort}/health`)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ ready: true })
  })

  test('when a node is killed, boards go on at the others; HAProxy sees it go and come back', async () => {
    const [, second] = cluster.nodes
    process.kill(second?.sluice.pid ?? -1, 'SIGKILL')
    for (let message = 0; message < 4; message++) await publish()
    await cluster.seesWell([0, 2])
    for (let message = 0; message < 4; message++) await publish()
    const { status } = await fetch(`http://127.0.0.1:${cluster.proxy.httpPort}/health`)
    expect(status).toBe(200)
    await second?.start()
    await cluster.seesWell([0, 1, 2])
    await publish()
    // What the killed node had acked was in its spool, and is drained now that it is back.
    await eventually(async () => (await storedSeqs()).length >= sent, 20_000)
    expect(await storedSeqs()).toEqual(allSent())
  }, 120_000)
})
