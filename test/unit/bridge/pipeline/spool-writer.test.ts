import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createBridgeEmitter } from '../../../../bridge/events.ts'
import { type Committed, createSpoolWriter } from '../../../../bridge/pipeline/spool-writer.ts'
import type { SpoolEntry } from '../../../../bridge/ports.ts'
import { createMemorySpool } from '../../../../bridge/stores/memory-spool.ts'
import { createDeferred, settled } from '../../../support/deferred.ts'
import { eventually } from '../../../support/eventually.ts'
import { entryOf, heard, lineOf, numbered } from './spooled.ts'

const SOUND = {
  spoolId: 's',
  end: 0,
  nextOffset: 0,
  rows: 0,
  firstRow: 0,
  checkpoint: 0,
  account: null,
  damage: null,
}

const text = (entries: readonly SpoolEntry[]): string =>
  entries.map(({ readings }) => Buffer.from(readings).toString()).join('')

const createRig = (given: Partial<typeof SOUND> = {}, onCommitted?: (committed: Committed) => void) => {
  const store = createMemorySpool()
  const events = createBridgeEmitter()
  const committed: Committed[] = []
  const acks: string[] = []
  const writer = createSpoolWriter(
    {
      store,
      events,
      onCommitted: (each) => {
        committed.push(each)
        acks.push(`commit ${each.offset}`)
        onCommitted?.(each)
      },
      monotonic: () => 0,
      random: () => 0,
    },
    { ...SOUND, ...given },
  )
  const put = (seq: number): void =>
    writer.append(lineOf(numbered(seq)), [numbered(seq)], (error, offset) =>
      acks.push(error === undefined ? `ack ${seq} at ${offset}` : `nack ${seq}`),
    )
  return { store, events, writer, committed, acks, put }
}

/** Holds every append until it is let through. */
const hold = (store: ReturnType<typeof createMemorySpool>) => {
  const waiting: ReturnType<typeof createDeferred<void>>[] = []
  store.beforeAppend = () => {
    const gate = createDeferred()
    waiting.push(gate)
    return gate.promise
  }
  return waiting
}

describe('the spool writer', () => {
  test('does not ack before the append has resolved', async () => {
    const { store, acks, put, writer } = createRig()
    const gates = hold(store)
    put(1)
    await eventually(() => gates.length === 1)
    await settled()
    expect(acks).toEqual([])
    expect(writer.end).toBe(0)
    gates[0]?.resolve()
    await settled()
    expect(acks).toEqual(['commit 0', 'ack 1 at 0'])
    expect(writer.end).toBe(1)
  })

  test('gathers what comes while a write is under way into one fsync', async () => {
    const { store, committed, acks, put } = createRig()
    const gates = hold(store)
    put(1)
    await eventually(() => gates.length === 1)
    for (let seq = 2; seq <= 100; seq += 1) put(seq)
    gates[0]?.resolve()
    await eventually(() => gates.length === 2)
    expect(acks).toEqual(['commit 0', 'ack 1 at 0'])
    gates[1]?.resolve()
    await eventually(() => acks.length === 102)
    expect(committed.map(({ rows }) => rows)).toEqual([1, 99])
    expect(acks.slice(2)).toEqual([
      'commit 1',
      ...Array.from({ length: 99 }, (_, i) => `ack ${i + 2} at ${i + 1}`),
    ])
  })

  test('gathers what comes in one turn of the event loop into one fsync', async () => {
    const { committed, put } = createRig()
    for (let seq = 1; seq <= 50; seq += 1) put(seq)
    await eventually(() => committed.length > 0)
    expect(committed.map(({ rows }) => rows)).toEqual([50])
  })

  test('puts dead letters after the readings of their group and counts both', async () => {
    const { store, writer, committed, put } = createRig()
    let dead = false
    writer.appendDeadLetter('dead\n', () => {
      dead = true
    })
    put(1)
    await eventually(() => dead)
    expect(store.written).toMatchObject([{ offset: 0, readingRows: 1, deadRows: 1 }])
    expect(committed).toMatchObject([{ offset: 0, end: 2, rows: 2 }])
    expect(Buffer.from(store.written[0]?.deadLetters ?? []).toString()).toBe('dead\n')
  })

  test('goes on where the opened spool says, and says where the one before ended', async () => {
    const { store, put, acks } = createRig({ end: 10, nextOffset: 500 })
    put(1)
    await eventually(() => acks.length === 2)
    put(2)
    await eventually(() => acks.length === 4)
    expect(store.written).toMatchObject([
      { offset: 500, previousEnd: 10 },
      { offset: 501, previousEnd: 501 },
    ])
  })

  test('hands the spool no more memory than the rows need: it keeps them for long', async () => {
    const { store, writer, acks, put } = createRig()
    put(1)
    await eventually(() => acks.length === 2)
    writer.appendDeadLetter('dead\n', () => acks.push('dead'))
    await eventually(() => acks.includes('dead'))
    for (const { readings, deadLetters } of store.written) {
      const used = readings.byteLength + deadLetters.byteLength
      expect(readings.buffer.byteLength + deadLetters.buffer.byteLength).toBeLessThanOrEqual(2 * used)
    }
  })

  test('counts what is not yet durable, and nothing once it is', async () => {
    const { store, writer, put, acks } = createRig()
    const gates = hold(store)
    put(1)
    const one = writer.pendingBytes
    expect(one).toBe(lineOf(numbered(1)).length)
    await eventually(() => gates.length === 1)
    put(2)
    expect(writer.pendingBytes).toBe(2 * one)
    gates[0]?.resolve()
    await eventually(() => gates.length === 2)
    expect(writer.pendingBytes).toBe(one)
    gates[1]?.resolve()
    await eventually(() => acks.length === 4)
    expect(writer.pendingBytes).toBe(0)
  })

  test('tries a failed append again, and acks only then', async () => {
    const { store, events, acks, put } = createRig()
    const failures = heard(events, 'spool:failed')
    let attempts = 0
    store.beforeAppend = async () => {
      attempts += 1
      if (attempts < 3) throw new Error('no space left')
    }
    put(1)
    await eventually(() => failures.length === 1)
    expect(acks).toEqual([])
    put(2)
    await eventually(() => acks.length === 4)
    expect(acks).toEqual(['commit 0', 'ack 1 at 0', 'commit 1', 'ack 2 at 1'])
    expect(failures).toHaveLength(2)
  })

  test('a callback that throws keeps no other from its ack', async () => {
    const { events, writer, acks, put } = createRig()
    const errors = heard(events, 'bridge:error')
    writer.append(lineOf(numbered(1)), [numbered(1)], () => {
      throw new Error('a broken callback')
    })
    put(2)
    await eventually(() => acks.length === 2)
    expect(acks).toEqual(['commit 0', 'ack 2 at 1'])
    expect(errors).toMatchObject([{ error: { message: 'a broken callback' } }])
  })

  test('a broken observer of commits takes no ack from rows that are durable', async () => {
    const { events, acks, put } = createRig({}, () => {
      throw new Error('a broken observer')
    })
    const errors = heard(events, 'bridge:error')
    put(1)
    await eventually(() => acks.length === 2)
    expect(acks).toEqual(['commit 0', 'ack 1 at 0'])
    expect(errors).toHaveLength(1)
  })

  test('a row appended by a callback is written next', async () => {
    const { store, writer, acks, put } = createRig()
    writer.append(lineOf(numbered(1)), [numbered(1)], () => put(2))
    await eventually(() => acks.length === 3)
    expect(text(store.written)).toBe(lineOf(numbered(1)) + lineOf(numbered(2)))
  })
})

describe('what waits for the pending rows', () => {
  test('is called back at once when nothing is pending', () => {
    const { writer } = createRig({ end: 7, nextOffset: 7 })
    const answers: (readonly [Error | undefined, number])[] = []
    writer.afterPending((...answer) => answers.push(answer))
    expect(answers).toEqual([[undefined, 7]])
  })

  test('is called back only when the rows being written are durable', async () => {
    const { store, writer, acks, put } = createRig()
    const gates = hold(store)
    put(1)
    await eventually(() => gates.length === 1)
    writer.afterPending(() => acks.push('after'))
    await settled()
    expect(acks).toEqual([])
    gates[0]?.resolve()
    await settled()
    expect(acks).toEqual(['commit 0', 'ack 1 at 0', 'after'])
  })

  test('is called back only when the rows still gathering are durable', async () => {
    const { store, writer, acks, put } = createRig()
    const gates = hold(store)
    put(1)
    await eventually(() => gates.length === 1)
    put(2)
    writer.afterPending(() => acks.push('after'))
    gates[0]?.resolve()
    await eventually(() => gates.length === 2)
    expect(acks).toEqual(['commit 0', 'ack 1 at 0'])
    gates[1]?.resolve()
    await eventually(() => acks.includes('after'))
    expect(acks.slice(2)).toEqual(['commit 1', 'ack 2 at 1', 'after'])
  })

  test('is called back when it asks in any microtask after a commit', async () => {
    for (let ticks = 0; ticks < 12; ticks += 1) {
      const { writer } = createRig()
      let answered = false
      writer.append(lineOf(numbered(1)), [numbered(1)], () => {
        let later = Promise.resolve()
        for (let tick = 0; tick < ticks; tick += 1) later = later.then(() => undefined)
        void later.then(() => writer.afterPending(() => (answered = true)))
      })
      await settled()
      expect({ ticks, answered }).toEqual({ ticks, answered: true })
    }
  })
})

describe('stopping the spool writer', () => {
  test('waits for what is gathered', async () => {
    const { store, writer, acks, put } = createRig()
    const gates = hold(store)
    put(1)
    await eventually(() => gates.length === 1)
    put(2)
    let stopped = false
    const stopping = writer.stop().then(() => {
      stopped = true
    })
    gates[0]?.resolve()
    await eventually(() => gates.length === 2)
    expect(stopped).toBe(false)
    gates[1]?.resolve()
    await stopping
    expect(acks).toEqual(['commit 0', 'ack 1 at 0', 'commit 1', 'ack 2 at 1'])
  })

  test('gives up on a disk that fails: every waiting row is refused, none acked', async () => {
    const { store, events, writer, acks, put } = createRig()
    const failures = heard(events, 'spool:failed')
    store.beforeAppend = () => Promise.reject(new Error('no space left'))
    put(1)
    await eventually(() => failures.length === 1)
    put(2)
    writer.afterPending((error) => acks.push(error === undefined ? 'after' : 'after refused'))
    await writer.stop()
    expect(acks).toEqual(['nack 1', 'nack 2', 'after refused'])
    expect(store.written).toEqual([])
  })

  test('refuses with STOPPING and the reason of the disk', async () => {
    const { store, writer } = createRig()
    store.beforeAppend = () => Promise.reject(new Error('no space left'))
    const refusal = new Promise<Error | undefined>((resolve) => writer.append('x\n', [numbered(1)], resolve))
    await writer.stop()
    expect(await refusal).toMatchObject({ code: 'STOPPING', cause: { code: 'SPOOL_BROKEN' } })
  })

  test('is at once when nothing is pending', async () => {
    const { writer } = createRig()
    await expect(writer.stop()).resolves.toBeUndefined()
  })
})

test('whatever fails, rows are neither lost, doubled nor reordered, and each is acked once with its offset', async () => {
  const step = fc.record({ rows: fc.integer({ min: 1, max: 4 }), turns: fc.integer({ min: 0, max: 2 }) })
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 12 }),
      fc.array(fc.boolean(), { maxLength: 1 }),
      async (steps, failures) => {
        const { store, writer, committed } = createRig({ end: 40, nextOffset: 100 })
        const fates = [...failures]
        store.beforeAppend = async () => {
          if (fates.pop()) throw new Error('a failing disk')
        }
        const offsets: number[] = []
        let seq = 0
        const firsts: number[] = []
        for (const { rows, turns } of steps) {
          const readings = Array.from({ length: rows }, () => numbered(seq++))
          firsts.push(100 + seq - rows)
          writer.append(readings.map(lineOf).join(''), readings, (error, offset) => {
            offsets.push(error === undefined ? offset : -1)
          })
          await settled(turns)
        }
        await eventually(() => offsets.length === steps.length)
        expect(offsets).toEqual(firsts)
        expect(text(store.written)).toBe(
          text([
            entryOf(
              0,
              Array.from({ length: seq }, (_, i) => numbered(i)),
            ),
          ]),
        )
        expect(committed.flatMap(({ readings }) => readings.map((r) => r.seq))).toEqual(
          Array.from({ length: seq }, (_, i) => i),
        )
        expect(writer.end).toBe(100 + seq)
      },
    ),
    { numRuns: 30 },
  )
})
