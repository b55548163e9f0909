import { expect, test } from '@jest/globals'
import { createBridgeEmitter } from '../../../../bridge/events.ts'
import { createSpoolWriter } from '../../../../bridge/pipeline/spool-writer.ts'
import { createMemorySpool } from '../../../../bridge/stores/memory-spool.ts'
import { eventually } from '../../../support/eventually.ts'
import { heard, lineOf, numbered } from './spooled.ts'

const SOUND = {
  spoolId: 'memory',
  end: 0,
  nextOffset: 0,
  rows: 0,
  firstRow: 0,
  checkpoint: 0,
  account: null,
  damage: null,
}

/** A writer whose disk refuses every write while `full`. */
const createRig = () => {
  const store = createMemorySpool()
  const events = createBridgeEmitter()
  const disk = { full: true, now: 0 }
  store.beforeAppend = async () => {
    if (disk.full) throw new Error('ENOSPC')
  }
  const writer = createSpoolWriter(
    { store, events, onCommitted: () => {}, monotonic: () => disk.now, random: () => 0, holdMs: 10_000 },
    SOUND,
  )
  const told: string[] = []
  const tell = (name: string) => (error: Error | undefined) =>
    void told.push(`${error === undefined ? 'ack' : Reflect.get(error, 'code')} ${name}`)
  const put = (seq: number): void => writer.append(lineOf(numbered(seq)), [numbered(seq)], tell(`${seq}`))
  return { store, events, disk, writer, told, tell, put }
}

test('a disk that fails for long keeps the rows and tells their senders, once, that there is no ack', async () => {
  const { store, events, disk, writer, told, tell, put } = createRig()
  const failures = heard(events, 'spool:failed')
  const refused = heard(events, 'message:held')
  put(1)
  await eventually(() => failures.length > 1)
  put(2)
  writer.appendDeadLetter('dead\n', tell('letter'))
  expect(told).toEqual([])
  disk.now = 10_000
  await eventually(() => told.length > 0)
  const failed = failures.length
  await eventually(() => failures.length > failed + 1)
  expect(told).toEqual(['SPOOL_FULL 1', 'SPOOL_FULL 2'])
  expect(refused).toEqual([{ count: 1 }, { count: 1 }])

  // Sent again it is known, and acked when the first sending is durable.
  writer.afterPending(tell('2 again'))
  disk.full = false
  await eventually(() => told.length === 4)
  expect(told.slice(2)).toEqual(['ack letter', 'ack 2 again'])
  expect(store.written.map(({ readingRows, deadRows }) => [readingRows, deadRows])).toEqual([
    [1, 0],
    [1, 1],
  ])
  expect(writer.pendingBytes).toBe(0)
  await writer.stop()
})
