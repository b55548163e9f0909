import { expect, test } from '@jest/globals'
import { createPostgresDeadLetters } from '../../bridge/stores/postgres-dead-letters.ts'
import { batchOf, deadLetterOf, id, T } from '../contracts/sink-rows.ts'
import { migratedDatabase, sinkInto } from '../support/postgres-stores.ts'

test('dead letters are counted, paged from the newest and had back byte for byte', async () => {
  const database = await migratedDatabase()
  const sink = sinkInto(database)
  try {
    const store = createPostgresDeadLetters(database.pool)
    expect(await store.count()).toBe(0)
    expect(await store.list({ limit: 10 })).toEqual([])

    const payload = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const first = { ...deadLetterOf('first\t\\\n☃'), clientId: 'c\t1', payload }
    const empty = {
      ...deadLetterOf('third'),
      deviceId: null,
      topic: 'sensors/+bad/data',
      payload: new Uint8Array(0),
    }
    await sink.store(batchOf('s', 0, 3, { deadLetters: [first, deadLetterOf('second'), empty] }))

    expect(await store.count()).toBe(3)
    const newest = await store.list({ limit: 2 })
    expect(newest.map((letter) => letter.detail)).toEqual(['third', 'second'])
    const before = newest[1]?.id ?? 0
    const [oldest] = await store.list({ limit: 2, before })
    expect(oldest).toEqual({
      id: before - 1,
      receivedAt: T,
      topic: 'sensors/a/data',
      clientId: 'c\t1',
      deviceId: id('a'),
      reason: 'bad-json',
      detail: 'first\t\\\n☃',
      payload: Buffer.from(payload),
    })
    expect(await store.get(newest[0]?.id ?? 0)).toMatchObject({ deviceId: null, payload: Buffer.alloc(0) })
    expect(await store.get(987_654_321)).toBeUndefined()
  } finally {
    await sink.close()
    await database.drop()
  }
})

test('the newest of one device are found by their index, without a look at those of others', async () => {
  const database = await migratedDatabase()
  try {
    const store = createPostgresDeadLetters(database.pool)
    await database.pool.query(`
      INSERT INTO dead_letters (received_at, topic, device_id, reason, detail, payload)
      SELECT now(), 't', CASE WHEN n = 7 THEN 'rare' ELSE 'loud' END, 'bad-json', n::text, 'x'
      FROM generate_series(1, 20000) AS n`)
    await database.pool.query('ANALYZE dead_letters')
    expect(await store.ofDevice('rare', 20)).toEqual([
      {
        ...{ id: 7, receivedAt: expect.any(Number), topic: 't', clientId: null, deviceId: 'rare' },
        ...{ reason: 'bad-json', detail: '7' },
      },
    ])
    expect((await store.ofDevice('loud', 2)).map(({ detail }) => detail)).toEqual(['20000', '19999'])
    expect(await store.ofDevice('nobody', 2)).toEqual([])
    const plan = await database.pool.query({
      text: `EXPLAIN SELECT id FROM dead_letters WHERE device_id = 'nobody' ORDER BY id DESC LIMIT 20`,
      rowMode: 'array',
    })
    expect(plan.rows.flat().join('\n')).toMatch(/Index.* using dead_letters_device/)
  } finally {
    await database.drop()
  }
})
