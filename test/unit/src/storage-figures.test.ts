import { expect, test } from '@jest/globals'
import type { Storage } from '../../../bridge/index.ts'
import { createStorageFigures } from '../../../src/storage-figures.ts'

const storageOf = (marks: number): Storage => ({ tables: [], rollups: { behindMs: 0, marks } })

const rig = () => {
  const asked: { now: number; count: number; error?: Error } = { now: 1_000_000, count: 0 }
  const figures = createStorageFigures(
    () => asked.now,
    async () => {
      asked.count += 1
      if (asked.error !== undefined) throw asked.error
      return storageOf(asked.count)
    },
  )
  return { asked, figures }
}

test('Postgres is asked once in 30 seconds, also by several at once', async () => {
  const { asked, figures } = rig()
  expect(await Promise.all([figures.read(), figures.read()])).toEqual([storageOf(1), storageOf(1)])
  asked.now += 29_999
  await figures.read()
  expect(asked.count).toBe(1)
  asked.now += 1
  expect(await figures.read()).toEqual(storageOf(2))
})

test('what was heard last is there at once, and asks anew', async () => {
  const { asked, figures } = rig()
  expect(figures.last()).toBeUndefined()
  await figures.read()
  expect(figures.last()).toEqual(storageOf(1))
  expect(asked.count).toBe(1)
})

test('an answer is good for five minutes without Postgres, then there is none', async () => {
  const { asked, figures } = rig()
  await figures.read()
  asked.error = new Error('away')
  asked.now += 299_999
  expect(await figures.read()).toEqual(storageOf(1))
  asked.now += 30_000
  expect(await figures.read()).toBeNull()
  expect(figures.last()).toBeUndefined()
})

test('a Postgres that hangs is not waited for', async () => {
  const figures = createStorageFigures(
    () => 0,
    () => new Promise(() => {}),
  )
  expect(await figures.read()).toBeNull()
})
