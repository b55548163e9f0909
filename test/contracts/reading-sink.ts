import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Reading } from '../../bridge/core/reading.ts'
import type { ReadingSink } from '../../bridge/ports.ts'
import { batchOf, deadLetterOf, id, poisonOf, readingOf, T } from './sink-rows.ts'

/** A new, empty sink; it must refuse readings of `poisonOf`. */
export interface SinkUnderTest {
  readonly sink: ReadingSink
  /** Every reading stored, in any order. */
  readings(): Promise<readonly Reading[]>
  /** How many dead letters are stored. */
  deadLetters(): Promise<number>
  cleanup(): Promise<void>
}

/** What every ReadingSink must do. */
export const readingSinkContract = (name: string, make: () => Promise<SinkUnderTest>): void => {
  describe(`${name} as a ReadingSink`, () => {
    let it: SinkUnderTest
    const offsetOf = async (spoolId: string) => (await it.sink.cursor(spoolId))?.offset
    const seqs = async (): Promise<readonly (number | null)[]> =>
      (await it.readings()).map((reading) => reading.seq).sort((a, b) => (a ?? -1) - (b ?? -1))

    beforeEach(async () => {
      it = await make()
    })
    afterEach(() => it.cleanup())

    test('a spool it has never seen has no cursor', async () => {
      expect(await it.sink.cursor('unknown')).toBeNull()
    })

    test('what is stored is there, field for field, and the cursor is at its end', async () => {
      const whole = readingOf('böard ☃', {
        ts: Date.UTC(2026, 10, 1, 0, 0, 0, 1),
        receivedAt: Date.UTC(2026, 10, 23, 3, 37, 12, 999),
        tsSource: 'derived',
        uptimeMs: 12.5,
        boot: 'b\t1\n\\',
        seq: Number.MAX_SAFE_INTEGER,
        temperature: -21.5,
        humidity: 0,
        distance: 1e-7,
        lightLevel: 4095,
        pressure: 1e21,
        altitude: 25.29999924,
        co2Level: 417,
        custom: { note: 'a\tb\\c\n"☃ 🛰', nested: { list: [1, null, true, -2.5] }, __proto: 'kept' },
      })
      const bare = readingOf('bare')
      await it.sink.store(batchOf('s', 0, 2, { readings: [whole, bare] }))
      const stored = await it.readings()
      expect(stored).toHaveLength(2)
      expect(stored).toEqual(expect.arrayContaining([whole, bare]))
      expect(await offsetOf('s')).toBe(2)
    })

    test('batches follow each other, and each spool has a cursor of its own', async () => {
      await it.sink.store(batchOf('s', 0, 1, { readings: [readingOf('a', { seq: 1 })] }))
      await it.sink.store(batchOf('t', 0, 7, { readings: [readingOf('a', { seq: 2 })] }))
      await it.sink.store(batchOf('s', 1, 2, { readings: [readingOf('a', { seq: 3 })] }))
      expect(await seqs()).toEqual([1, 2, 3])
      expect(await offsetOf('s')).toBe(2)
      expect(await offsetOf('t')).toBe(7)
    })

    test('the first batch of a spool may begin anywhere, at large offsets too', async () => {
      const from = 2 ** 50
      await it.sink.store(batchOf('s', from, from + 1, { readings: [readingOf('a', { seq: 1 })] }))
      expect(await offsetOf('s')).toBe(from + 1)
    })

    test('dead letters go with readings, alone, or not at all', async () => {
      await it.sink.store(
        batchOf('s', 0, 2, { readings: [readingOf('a')], deadLetters: [deadLetterOf('x')] }),
      )
      await it.sink.store(batchOf('s', 2, 4, { deadLetters: [deadLetterOf('tab\t'), deadLetterOf('\\')] }))
      await it.sink.store(batchOf('s', 4, 5))
      expect(await it.readings()).toHaveLength(1)
      expect(await it.deadLetters()).toBe(3)
      expect(await offsetOf('s')).toBe(5)
    })

    test('a batch that does not begin at the cursor is not stored', async () => {
      await it.sink.store(batchOf('s', 0, 2, { readings: [readingOf('a', { seq: 1 })] }))
      for (const [from, to] of [
        [0, 2],
        [1, 3],
        [3, 4],
      ] as const) {
        const batch = batchOf('s', from, to, { readings: [readingOf('a', { seq: 9 })] })
        await expect(it.sink.store(batch)).rejects.toMatchObject({ code: 'CURSOR_MOVED' })
      }
      expect(await seqs()).toEqual([1])
      expect(await offsetOf('s')).toBe(2)
    })

    test('of the same batch sent twice at once, one is stored', async () => {
      const batch = batchOf('s', 0, 1, { readings: [readingOf('a', { seq: 1 })] })
      const results = await Promise.allSettled([it.sink.store(batch), it.sink.store(batch)])
      expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(await seqs()).toEqual([1])
    })

    test('a batch with a row that is refused leaves nothing behind, and the next one goes well', async () => {
      const good = readingOf('a', { seq: 1 })
      const bad = batchOf('s', 0, 3, {
        readings: [good, poisonOf('a'), good],
        deadLetters: [deadLetterOf('x')],
      })
      await expect(it.sink.store(bad)).rejects.toMatchObject({ code: 'ROW_REFUSED' })
      expect(await it.readings()).toEqual([])
      expect(await it.deadLetters()).toBe(0)
      expect(await it.sink.cursor('s')).toBeNull()
      await it.sink.store(batchOf('s', 0, 1, { readings: [good] }))
      expect(await it.readings()).toEqual([good])
    })

    test('the account counts what was stored, and what was lost, from the first batch on', async () => {
      const stored = await it.sink.store({
        ...batchOf('s', 100, 104, {
          readings: [readingOf('a'), readingOf('b')],
          deadLetters: [deadLetterOf('x')],
        }),
        fromRow: 10,
        toRow: 14,
        lost: 1,
      })
      expect(stored).toEqual({ readings: 2, deadLetters: 1, resent: new Map(), checked: [] })
      const account = { firstRow: 10, row: 14, readings: 2, deadLetters: 1, deduplicated: 0, lost: 1 }
      expect(await it.sink.cursor('s')).toEqual({ offset: 104, account })
      await it.sink.store({
        ...batchOf('s', 104, 105, { readings: [readingOf('a')] }),
        fromRow: 14,
        toRow: 15,
      })
      expect(await it.sink.cursor('s')).toEqual({
        offset: 105,
        account: { ...account, row: 15, readings: 3 },
      })
    })

    test('rows that are numbered anew shift the account, and what was counted stays', async () => {
      await it.sink.store({ ...batchOf('s', 0, 1, { readings: [readingOf('a')] }), fromRow: 500, toRow: 501 })
      await it.sink.store({ ...batchOf('s', 1, 2, { readings: [readingOf('a')] }), fromRow: 20, toRow: 21 })
      expect((await it.sink.cursor('s'))?.account).toMatchObject({
        firstRow: 19,
        row: 21,
        readings: 2,
        lost: 0,
      })
    })

    test('of a boot in doubt only rows that are not there yet are stored, of others all', async () => {
      const row = (boot: string, seq: number) => readingOf('a', { boot, seq })
      const claimOf = (boot: string) => ({ deviceId: id('a'), boot, oldest: T, leaseFrom: 0, leaseSince: T })
      await it.sink.store(
        batchOf('s', 0, 2, { readings: [row('b1', 1), row('b1', 3)], boots: [claimOf('b1')] }),
      )
      // As another spool, which does not know that the first one had them.
      const doubted = {
        boots: ['b1', 'b2'].map(claimOf),
      }
      const first = batchOf('t', 0, 4, {
        readings: [row('b1', 1), row('b1', 2), row('b1', 3), row('b2', 1)],
        ...doubted,
      })
      expect(await it.sink.store(first)).toMatchObject({ readings: 2, resent: new Map([['a', 2]]) })
      expect((await it.sink.cursor('t'))?.account).toMatchObject({ readings: 2, deduplicated: 2, lost: 0 })
      const identities = (await it.readings()).map(({ boot, seq }) => `${boot} ${seq}`)
      expect(identities.sort()).toEqual(['b1 1', 'b1 2', 'b1 3', 'b2 1'])
      await it.sink.store(batchOf('t', 4, 5, { readings: [row('b1', 1)] }))
      expect(await it.readings()).toHaveLength(5)
    })

    test('no reading is refused for its date', async () => {
      const dates = ['1969-07-20', '2001-09-09', '2024-02-29', '2026-11-30', '2026-12-01', '2199-12-31']
      const readings = dates.map((date, seq) =>
        readingOf('a', { ts: Date.parse(`${date}T23:59:59.999Z`), seq }),
      )
      await it.sink.store(batchOf('s', 0, dates.length, { readings }))
      expect(await seqs()).toEqual([0, 1, 2, 3, 4, 5])
    })
  })
}
