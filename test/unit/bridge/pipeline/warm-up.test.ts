import { expect, test } from '@jest/globals'
import type { Reading } from '../../../../bridge/core/reading.ts'
import { warmUp } from '../../../../bridge/pipeline/warm-up.ts'
import { createMemorySpool } from '../../../../bridge/stores/memory-spool.ts'
import { entryOf, numbered } from './spooled.ts'

const collect = async (spool: ReturnType<typeof createMemorySpool>, maxBytes?: number) => {
  const taken: { readings: readonly Reading[]; offset: number }[] = []
  await warmUp(spool, (readings, offset) => taken.push({ readings, offset }), maxBytes)
  return taken
}

test('the groups of the spool are handed over in order, with their offsets and without dead letters', async () => {
  const spool = createMemorySpool()
  await spool.append(entryOf(0, [numbered(0), numbered(1)], { deadRows: 1 }))
  await spool.append(entryOf(3, [numbered(2)]))
  const taken = await collect(spool)
  expect(taken.map(({ offset }) => offset)).toEqual([0, 3])
  expect(taken.map(({ readings }) => readings)).toEqual([[numbered(0), numbered(1)], [numbered(2)]])
})

test('nothing of an empty spool; of a long one the newest part that fits, so that the start is not held up', async () => {
  const spool = createMemorySpool()
  expect(await collect(spool)).toEqual([])
  await spool.append(entryOf(0, [numbered(0), numbered(1)]))
  const whole = spool.bytes
  await spool.append(entryOf(2, [numbered(2)]))
  await spool.append(entryOf(3, [numbered(3)]))
  const taken = async (maxBytes: number) => (await collect(spool, maxBytes)).map(({ offset }) => offset)
  expect(await taken(spool.bytes)).toEqual([0, 2, 3])
  expect(await taken(spool.bytes - 1)).toEqual([2, 3])
  expect(await taken(spool.bytes - whole)).toEqual([2, 3])
  expect(await taken(spool.bytes - whole - 1)).toEqual([3])
  expect(await taken(1)).toEqual([])
})

test('a group that cannot be read is passed over: the start goes on', async () => {
  const spool = createMemorySpool()
  await spool.append({ ...entryOf(0, [numbered(0)]), readings: Buffer.from('a row of another version\n') })
  await spool.append(entryOf(1, [numbered(1)]))
  expect((await collect(spool)).map(({ offset }) => offset)).toEqual([1])
})
