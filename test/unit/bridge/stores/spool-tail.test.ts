import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { entryEnd } from '../../../../bridge/core/entry-end.ts'
import type { SpoolEntry } from '../../../../bridge/ports.ts'
import { storedBytes } from '../../../../bridge/stores/spool-codec.ts'
import { createSpoolTail } from '../../../../bridge/stores/spool-tail.ts'
import { entryAt } from '../../../contracts/spool-entry.ts'
import { eventually } from '../../../support/eventually.ts'

const offsets = (entries: readonly SpoolEntry[] | undefined) => entries?.map(({ offset }) => offset)

/** Of an entry of 100 bytes of rows. */
const ENTRY_BYTES = storedBytes(entryAt(0, 1, 0, 100))

const filled = (count: number, maxBytes: number, rowBytes = 100) => {
  const tail = createSpoolTail(maxBytes)
  for (let index = 0; index < count; index += 1) {
    tail.push(entryAt(100 + index, 1, index === 0 ? 40 : 100 + index, rowBytes), index * 1_000)
  }
  return tail
}

describe('the tail of a spool', () => {
  test('that is empty knows nothing: the disk has to be asked', () => {
    expect(createSpoolTail(1_000).read(0, 1_000)).toBeUndefined()
    expect(createSpoolTail(1_000).read(Number.MAX_SAFE_INTEGER, 1_000)).toBeUndefined()
    expect(createSpoolTail(1_000).trim(0)).toBeUndefined()
  })

  test('reaches back to where the entry before its first one ended', () => {
    const tail = filled(2, 10_000)
    expect(offsets(tail.read(40, 10_000))).toEqual([100, 101])
    expect(tail.read(39, 10_000)).toBeUndefined()
  })

  test('answers from the entry that holds the offset on, and with nothing behind its end', () => {
    const tail = filled(5, 10_000)
    expect(offsets(tail.read(103, 10_000))).toEqual([103, 104])
    expect(offsets(tail.read(105, 10_000))).toEqual([])
    tail.push(entryAt(105, 10, 105), 0)
    expect(offsets(tail.read(114, 10_000))).toEqual([105])
  })

  test('gives about the bytes asked for, one entry at least', () => {
    const tail = filled(5, 10_000)
    expect(offsets(tail.read(100, 1))).toEqual([100])
    expect(offsets(tail.read(100, ENTRY_BYTES + 1))).toEqual([100, 101])
  })

  test('when full forgets its oldest entries, and says that it does not reach back to them', () => {
    const tail = filled(10, 3 * ENTRY_BYTES)
    expect(tail.read(106, 10_000)).toBeUndefined()
    expect(offsets(tail.read(107, 10_000))).toEqual([107, 108, 109])
  })

  test('keeps none of an entry that is larger than itself, and goes on behind it', () => {
    const tail = createSpoolTail(500)
    tail.push(entryAt(0, 1, 0, 10_000), 0)
    expect(tail.read(0, 1_000)).toBeUndefined()
    tail.push(entryAt(1, 1, 1, 10), 0)
    expect(offsets(tail.read(1, 1_000))).toEqual([1])
  })

  test('trimmed forgets entries wholly below the offset and tells the oldest left, with its position', () => {
    const tail = filled(5, 10_000)
    expect(tail.trim(102)).toMatchObject({ entry: { offset: 102 }, position: 2_000 })
    expect(tail.read(101, 10_000)).toBeUndefined()
    expect(offsets(tail.read(102, 10_000))).toEqual([102, 103, 104])
  })

  test('trimmed to nothing still knows where it is', () => {
    const tail = filled(5, 10_000)
    expect(tail.trim(105)).toBeUndefined()
    expect(offsets(tail.read(105, 10_000))).toEqual([])
  })

  test('trimmed below its reach does not claim to hold the oldest entry', () => {
    const tail = filled(10, 3 * ENTRY_BYTES)
    expect(tail.trim(103)).toBeUndefined()
    expect(offsets(tail.read(107, 10_000))).toEqual([107, 108, 109])
  })

  test('keeps to its bytes: what it forgot can be collected', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const MB = 1024 * 1024
    collect()
    const before = process.memoryUsage().arrayBuffers
    const tail = createSpoolTail(8 * MB)
    const none = new Uint8Array(0)
    for (let index = 0; index < 200; index += 1) {
      const readings = new Uint8Array(MB)
      tail.push(
        {
          offset: index,
          previousEnd: index,
          row: index,
          readingRows: 1,
          deadRows: 0,
          readings,
          deadLetters: none,
        },
        0,
      )
    }
    // The memory of buffers is given back by a thread of its own, some time after the collection.
    await eventually(() => {
      collect()
      return process.memoryUsage().arrayBuffers - before < 32 * MB
    })
    expect(tail.read(199, 1)).toHaveLength(1)
  })
})

test('whatever is pushed, trimmed and read: the tail answers as the whole log would, or not at all', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('push' as const), rows: fc.integer({ min: 1, max: 5 }), gap: fc.nat(2) }),
    fc.record({ kind: fc.constant('trim' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ kind: fc.constant('read' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  )
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 100, max: 2_000 }),
      (steps, maxBytes) => {
        const tail = createSpoolTail(maxBytes)
        const log: SpoolEntry[] = []
        let end = 10
        let trimmed = 0
        for (const each of steps) {
          if (each.kind === 'push') {
            const entry = entryAt(end + each.gap, each.rows, end)
            tail.push(entry, log.length)
            log.push(entry)
            end = entryEnd(entry)
          } else if (each.kind === 'trim') {
            trimmed = Math.max(trimmed, Math.floor(each.share * end))
            const oldest = tail.trim(trimmed)
            if (oldest !== undefined)
              expect(oldest.entry).toBe(log.find((entry) => entryEnd(entry) > trimmed))
          } else {
            const from = Math.max(trimmed, Math.floor(each.share * (end + 2)))
            const found = tail.read(from, Number.POSITIVE_INFINITY)
            if (found !== undefined) expect(found).toEqual(log.filter((entry) => entryEnd(entry) > from))
          }
        }
        const newest = log.at(-1)
        if (newest !== undefined && storedBytes(newest) <= maxBytes && newest.offset >= trimmed) {
          expect(tail.read(newest.offset, 1)).toEqual([newest])
        }
      },
    ),
    { numRuns: 500 },
  )
})

test('thousands of entries pass through it in order', () => {
  const tail = createSpoolTail(200 * 164)
  for (let index = 0; index < 20_000; index += 1) {
    tail.push(entryAt(index, 1, index, 100), index * 164)
    const below = Math.max(0, index - 50)
    if (index % 10 === 9) expect(tail.trim(below)?.entry.offset).toBe(below)
  }
  expect(offsets(tail.read(19_998, 10_000))).toEqual([19_998, 19_999])
})
