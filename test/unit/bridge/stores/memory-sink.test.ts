import { expect, test } from '@jest/globals'
import { createMemorySink } from '../../../../bridge/stores/memory-sink.ts'
import { historyReaderContract } from '../../../contracts/history-reader.ts'
import { readingSinkContract } from '../../../contracts/reading-sink.ts'
import { batchOf, readingOf } from '../../../contracts/sink-rows.ts'

readingSinkContract('the memory sink', async () => {
  const sink = createMemorySink()
  sink.refuse((reading) => (reading.lightLevel ?? 0) > 2 ** 31)
  return {
    sink,
    readings: async () => sink.readings,
    deadLetters: async () => sink.deadLetters.length,
    cleanup: async () => {},
  }
})

historyReaderContract('the memory sink', async () => {
  const sink = createMemorySink()
  return {
    history: sink,
    store: async (readings) => {
      await sink.store(batchOf('s', 0, readings.length, { readings }))
    },
    cleanup: async () => {},
  }
})

test('while it is away every call says so, and nothing is stored', async () => {
  const sink = createMemorySink()
  sink.setAvailable(false)
  const away = { code: 'STORE_UNAVAILABLE' }
  await expect(sink.store(batchOf('s', 0, 1, { readings: [readingOf('a')] }))).rejects.toMatchObject(away)
  await expect(sink.cursor('s')).rejects.toMatchObject(away)
  await expect(sink.recent(readingOf('a').deviceId, 1)).rejects.toMatchObject(away)
  await expect(sink.newest([])).rejects.toMatchObject(away)
  sink.setAvailable(true)
  expect(await sink.cursor('s')).toBeNull()
  expect(sink.readings).toEqual([])
})

test('when an answer is lost the batch is stored all the same', async () => {
  const sink = createMemorySink()
  sink.loseNextAnswer()
  const batch = batchOf('s', 0, 1, { readings: [readingOf('a')] })
  await expect(sink.store(batch)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(await sink.cursor('s')).toMatchObject({ offset: 1 })
  expect(sink.readings).toHaveLength(1)
  await sink.store(batchOf('s', 1, 2, { readings: [readingOf('a')] }))
  expect(sink.batches).toBe(2)
})
