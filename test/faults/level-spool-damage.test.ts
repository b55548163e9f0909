import { cp, mkdir, mkdtemp, open, readdir, rename, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { DeviceId } from '../../bridge/core/reading.ts'
import type { SpoolEntry, SpoolStore } from '../../bridge/ports.ts'
import { createLevelSpool } from '../../bridge/stores/level-spool.ts'
import { entryAt } from '../contracts/spool-entry.ts'
import { damage } from '../oracle/faults/damage.ts'
import { createRandom } from '../oracle/random.ts'

const SESSIONS = 3
const ENTRIES_PER_SESSION = 40
const ENTRY_BYTES = 3000
const SPOILT = { from: 40_000, bytes: 20_000 }
const SEEDS = Array.from({ length: 60 }, (_, index) => index + 1)

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const temporaryFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-damage-'))
  cleanups.push(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'spool')
}

const spoolIn = (folder: string): SpoolStore => {
  const spool = createLevelSpool({ clock: () => Date.now() }, { folder, tailBytes: 0 })
  cleanups.push(() => spool.close())
  return spool
}

let pattern = ''
const written: SpoolEntry[] = []

// A spool of several tables and a log: each open makes a table of the log before it.
beforeAll(async () => {
  pattern = await mkdtemp(join(tmpdir(), 'sluice-pattern-'))
  const folder = join(pattern, 'spool')
  for (let session = 0; session < SESSIONS; session += 1) {
    const spool = spoolIn(folder)
    const { nextOffset, end, rows } = await spool.open()
    let previousEnd = end
    for (let index = 0; index < ENTRIES_PER_SESSION; index += 1) {
      const entry = { ...entryAt(nextOffset + index, 1, previousEnd, ENTRY_BYTES), row: rows + index }
      await spool.append(entry)
      written.push(entry)
      previousEnd = nextOffset + index + 1
    }
    const first = written[0]?.offset ?? 0
    await spool.checkpoint({ offset: first, rows: 0, account: '{}' }, [
      { deviceId: `board-${session}` as DeviceId, seen: `seen ${session}` },
    ])
    await spool.close()
  }
})
afterAll(() => rm(pattern, { recursive: true, force: true }))

/** A copy of the filled spool. */
const filled = async (): Promise<string> => {
  const folder = await temporaryFolder()
  await cp(join(pattern, 'spool'), folder, { recursive: true })
  await cp(join(pattern, 'spool.end'), `${folder}.end`)
  return folder
}

/** What a drain reads, batch by batch, until the spool is empty. */
const drained = async (spool: SpoolStore): Promise<readonly SpoolEntry[]> => {
  const found: SpoolEntry[] = []
  for (let from = 0; ; ) {
    const batch = await spool.read(from, 20_000)
    const last = batch.at(-1)
    if (last === undefined) return found
    found.push(...batch)
    from = last.offset + 1
  }
}

const offsetsOf = (entries: readonly SpoolEntry[]): readonly number[] => entries.map(({ offset }) => offset)

const isAsWritten = (entry: SpoolEntry): boolean =>
  isDeepStrictEqual(
    entry,
    written.find(({ offset }) => offset === entry.offset),
  )

/** Everything a start does with a spool, and a while of use: none of it may throw. */
const used = async (spool: SpoolStore): Promise<void> => {
  const state = await spool.open()
  for await (const _ of spool.seen()) {
    // To be readable is all.
  }
  await spool.newest(50_000)
  const found = await drained(spool)
  expect(found.filter((entry) => !isAsWritten(entry))).toEqual([])
  expect(state.end).toBe((written.at(-1)?.offset ?? 0) + 1)
  expect(state.rows).toBe(written.length)
  const next = entryAt(state.nextOffset, 1, state.end)
  await spool.append(next)
  await spool.trim(state.nextOffset)
  expect(await drained(spool)).toEqual([next])
}

describe('a spool that was damaged while nobody had it open', () => {
  test.each(SEEDS)('is opened, read through, written and trimmed (seed %d)', async (seed) => {
    const folder = await filled()
    const random = createRandom(seed)
    for (let wounds = random.whole(1, 2); wounds > 0; wounds -= 1) await damage(folder, random)
    await used(spoolIn(folder))
  })

  test('tells of a table cut short, and keeps the entries of the others', async () => {
    const folder = await filled()
    const [table] = (await readdir(folder)).filter((name) => name.endsWith('.ldb')).sort()
    await truncate(join(folder, table ?? ''), 50_000)
    const spool = spoolIn(folder)
    expect(await spool.open()).toMatchObject({ damage: expect.stringMatching(/is cut short; repaired/) })
    const found = await drained(spool)
    expect(offsetsOf(found.slice(-2 * ENTRIES_PER_SESSION))).toEqual(
      offsetsOf(written.slice(ENTRIES_PER_SESSION)),
    )
  })
})

test('a mend that was interrupted goes on where it was: no entry of a table that was moved away is lost', async () => {
  const folder = await filled()
  const [table = ''] = (await readdir(folder)).filter((name) => name.endsWith('.ldb')).sort()
  // As far as it had come when the process was ended.
  await mkdir(`${folder}.mending`)
  await rename(join(folder, table), join(`${folder}.mending`, `1-${table}`))
  const spool = spoolIn(folder)
  expect(await spool.open()).toMatchObject({ damage: expect.stringMatching(/^a mend was interrupted; /) })
  expect(offsetsOf(await drained(spool))).toEqual(offsetsOf(written))
  await spool.close()
  expect(await spoolIn(folder).open()).toMatchObject({ damage: null })
})

test('a spool whose table is spoilt while it is open mends itself at the next read', async () => {
  const folder = await filled()
  const told: string[] = []
  const spool = createLevelSpool(
    { clock: () => Date.now() },
    { folder, tailBytes: 0, onDamage: (detail) => told.push(detail) },
  )
  cleanups.push(() => spool.close())
  const { nextOffset, end } = await spool.open()
  const [table] = (await readdir(folder)).filter((name) => name.endsWith('.ldb')).sort()
  const file = await open(join(folder, table ?? ''), 'r+')
  await file.write(Buffer.alloc(SPOILT.bytes, 0xff), 0, SPOILT.bytes, SPOILT.from)
  await file.close()
  const found = await drained(spool)
  expect(told).toEqual([expect.stringMatching(/repaired in place, and the damaged tables kept in/)])
  // What the whole blocks of the spoilt table hold is there still.
  expect(found.length).toBeGreaterThan(2 * ENTRIES_PER_SESSION)
  expect(found.length).toBeLessThan(3 * ENTRIES_PER_SESSION)
  expect(found.filter((entry) => !isAsWritten(entry))).toEqual([])
  const entry = entryAt(nextOffset, 1, end)
  await spool.append(entry)
  expect((await drained(spool)).at(-1)).toEqual(entry)
})
