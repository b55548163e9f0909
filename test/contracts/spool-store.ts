import { describe, expect, test } from '@jest/globals'
import type { DeviceId } from '../../bridge/core/reading.ts'
import type { SpoolEntry, SpoolStore } from '../../bridge/ports.ts'
import { entryAt } from './spool-entry.ts'

export interface SpoolFixture {
  readonly spool: SpoolStore
  /** Closes the spool and opens one on the same data, as after a restart. */
  reopen(): Promise<SpoolStore>
  cleanup(): Promise<void>
}

const offsets = (entries: readonly SpoolEntry[]): number[] => entries.map(({ offset }) => offset)

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** What every SpoolStore must do. */
export const spoolStoreContract = (name: string, make: () => Promise<SpoolFixture>): void => {
  const withSpool = async (
    run: (spool: SpoolStore, first: number, fixture: SpoolFixture) => Promise<void>,
  ): Promise<void> => {
    const fixture = await make()
    try {
      const { nextOffset } = await fixture.spool.open()
      await run(fixture.spool, nextOffset, fixture)
    } finally {
      await fixture.cleanup()
    }
  }

  const fill = async (spool: SpoolStore, first: number, count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) {
      await spool.append(entryAt(first + index * 10, 10, first + index * 10))
    }
  }

  describe(`${name}: a spool store`, () => {
    test('a new spool is empty and sound', () =>
      withSpool(async (spool, first) => {
        expect(await spool.read(0, 1000)).toEqual([])
        expect(await spool.read(first, 1000)).toEqual([])
        expect(spool.bytes).toBe(0)
      }))

    test('entries come back as they were written, in order', () =>
      withSpool(async (spool, first) => {
        const entry: SpoolEntry = {
          ...entryAt(first, 2, 0),
          deadRows: 1,
          deadLetters: Buffer.from('dead\tü\n'),
        }
        await spool.append(entry)
        await spool.append(entryAt(first + 3, 1, first + 3))
        const [found, next] = await spool.read(first, 10_000)
        expect({
          ...found,
          readings: Buffer.from(found?.readings ?? []).toString(),
          deadLetters: Buffer.from(found?.deadLetters ?? []).toString(),
        }).toEqual({
          ...entry,
          readings: Buffer.from(entry.readings).toString(),
          deadLetters: 'dead\tü\n',
        })
        expect(next?.offset).toBe(first + 3)
      }))

    test('a read begins with the entry that holds the offset', () =>
      withSpool(async (spool, first) => {
        await fill(spool, first, 3)
        expect(offsets(await spool.read(first + 9, 10_000))).toEqual([first, first + 10, first + 20])
        expect(offsets(await spool.read(first + 10, 10_000))).toEqual([first + 10, first + 20])
        expect(offsets(await spool.read(first + 30, 10_000))).toEqual([])
      }))

    test('a read stops at about the bytes asked for, with at least one entry', () =>
      withSpool(async (spool, first) => {
        await fill(spool, first, 5)
        expect(offsets(await spool.read(first, 1))).toEqual([first])
        expect((await spool.read(first, 200)).length).toBeLessThan(5)
      }))

    test('a trim forgets whole entries below the offset and no others', () =>
      withSpool(async (spool, first) => {
        await fill(spool, first, 4)
        const full = spool.bytes
        await spool.trim(first + 25)
        expect(offsets(await spool.read(0, 10_000))).toEqual([first + 20, first + 30])
        expect(spool.bytes).toBe(full / 2)
        await spool.trim(first + 40)
        expect(offsets(await spool.read(0, 10_000))).toEqual([])
        expect(spool.bytes).toBe(0)
      }))

    test('the newest entries are those that take at most the bytes asked for, also after a restart', () =>
      withSpool(async (spool, first, fixture) => {
        await fill(spool, first, 8)
        const each = spool.bytes / 8
        await spool.trim(first + 20)
        const newest = async (store: SpoolStore, maxBytes: number): Promise<number[]> =>
          offsets(await collect(store.entries(await store.newest(maxBytes))))
        const again = await fixture.reopen()
        await again.open()
        await again.append(entryAt(first + 1_000_000, 10, first + 80))
        expect(await again.newest(each * 7)).toBe(0)
        expect(await newest(again, each * 7 - 1)).toEqual([
          ...[30, 40, 50, 60, 70].map((offset) => first + offset),
          first + 1_000_000,
        ])
        expect(await newest(again, each * 2)).toEqual([first + 70, first + 1_000_000])
        expect(await newest(again, each)).toEqual([first + 1_000_000])
        expect(await newest(again, each - 1)).toEqual([])
      }))

    test('an append after a trim is read', () =>
      withSpool(async (spool, first) => {
        await fill(spool, first, 2)
        await spool.trim(first + 20)
        await spool.append(entryAt(first + 20, 1, first + 20))
        expect(offsets(await spool.read(first + 20, 10_000))).toEqual([first + 20])
      }))

    test('entries, the id, the end and what was seen survive a restart', () =>
      withSpool(async (spool, first, fixture) => {
        await fill(spool, first, 3)
        const deviceId = 'küche 1' as DeviceId
        await spool.checkpoint({ offset: first + 10, rows: first + 10, account: '{"ü":1}' }, [
          { deviceId, seen: '{"a":1}' },
        ])
        await spool.trim(first + 10)
        const bytes = spool.bytes
        const again = await fixture.reopen()
        const state = await again.open()
        expect(state).toMatchObject({
          end: first + 30,
          rows: first + 30,
          firstRow: first + 10,
          checkpoint: first + 10,
          account: '{"ü":1}',
          damage: null,
        })
        expect(state.nextOffset).toBeGreaterThanOrEqual(first + 30)
        expect(again.bytes).toBe(bytes)
        expect(await collect(again.seen())).toEqual([{ deviceId, seen: '{"a":1}' }])
        expect(offsets(await collect(again.entries(first + 10)))).toEqual([first + 10, first + 20])
        expect(offsets(await again.read(first + 15, 10_000))).toEqual([first + 10, first + 20])
      }))

    test('the end and the count of rows are kept when everything was trimmed', () =>
      withSpool(async (spool, first, fixture) => {
        await fill(spool, first, 2)
        await spool.checkpoint({ offset: first + 20, rows: first + 20, account: '{}' }, [])
        await spool.trim(first + 20)
        expect(await (await fixture.reopen()).open()).toMatchObject({
          end: first + 20,
          rows: first + 20,
          firstRow: first + 20,
        })
      }))
  })
}
