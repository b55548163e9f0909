import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { SpoolStore } from '../../bridge/ports.ts'
import { createLevelSpool } from '../../bridge/stores/level-spool.ts'
import { createMemorySpool } from '../../bridge/stores/memory-spool.ts'
import { entryAt } from '../contracts/spool-entry.ts'
import { spoolStoreContract } from '../contracts/spool-store.ts'

const clock = () => Date.now()
const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const temporaryFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-spool-'))
  cleanups.push(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'spool')
}

const levelFixture = (tailBytes: number) => async () => {
  const folder = await temporaryFolder()
  let spool = createLevelSpool({ clock }, { folder, tailBytes })
  return {
    spool,
    reopen: async () => {
      await spool.close()
      spool = createLevelSpool({ clock }, { folder, tailBytes })
      return spool
    },
    cleanup: () => spool.close(),
  }
}

spoolStoreContract('LevelDB', levelFixture(1024 * 1024))
spoolStoreContract('LevelDB without a tail in memory', levelFixture(0))
spoolStoreContract('LevelDB with a tail of two entries', levelFixture(400))
spoolStoreContract('memory', async () => {
  const spool = createMemorySpool()
  return { spool, reopen: async () => spool, cleanup: async () => {} }
})

describe('a damaged LevelDB spool', () => {
  const damages: string[] = []
  const openSpool = async (folder: string): Promise<SpoolStore> => {
    const spool = createLevelSpool(
      { clock },
      { folder, tailBytes: 0, onDamage: (detail) => damages.push(detail) },
    )
    cleanups.push(() => spool.close())
    return spool
  }
  const filled = async (folder: string, entries: number, bytes = 100_000) => {
    const spool = createLevelSpool({ clock }, { folder, tailBytes: 0 })
    const { nextOffset, spoolId } = await spool.open()
    for (let index = 0; index < entries; index += 1) {
      await spool.append(entryAt(nextOffset + index, 1, nextOffset + index, bytes))
    }
    await spool.close()
    return { first: nextOffset, spoolId }
  }
  const filesLike = async (folder: string, pattern: RegExp) =>
    (await readdir(folder)).filter((file) => pattern.test(file)).map((file) => join(folder, file))

  test('starts and keeps its id when the newest log is torn', async () => {
    const folder = await temporaryFolder()
    const { first, spoolId } = await filled(folder, 10)
    const [log] = await filesLike(folder, /\.log$/)
    await truncate(log ?? '', 550_000)
    const spool = await openSpool(folder)
    const state = await spool.open()
    expect(state.spoolId).toBe(spoolId)
    expect(state.nextOffset).toBeGreaterThanOrEqual(first + 10)
    const kept = await spool.read(first, 10_000_000)
    expect(kept.length).toBeGreaterThan(2)
    expect(kept.length).toBeLessThan(10)
    // The gap shows in the next entry written: its previousEnd and row are past what a reader can have seen.
    expect(state).toMatchObject({
      end: first + 10,
      rows: first + 10,
      damage: 'the newest entries are missing',
    })
  })

  test('starts with a manifest cut off, and keeps the entries', async () => {
    const folder = await temporaryFolder()
    const { first, spoolId } = await filled(folder, 3)
    const [manifest] = await filesLike(folder, /^MANIFEST/)
    await truncate(manifest ?? '', 10)
    const spool = await openSpool(folder)
    const state = await spool.open()
    expect(state.damage).toMatch(/repaired/)
    expect(state.spoolId).toBe(spoolId)
    expect(await spool.read(first, 10_000_000)).toHaveLength(3)
  })

  test('starts with the manifest or CURRENT gone, and keeps the entries', async () => {
    for (const pattern of [/^MANIFEST/, /^CURRENT$/]) {
      const folder = await temporaryFolder()
      const { first, spoolId } = await filled(folder, 3)
      for (const file of await filesLike(folder, pattern)) await rm(file)
      const spool = await openSpool(folder)
      const state = await spool.open()
      expect(state).toMatchObject({ spoolId, damage: expect.stringMatching(/missing; repaired/) })
      expect(await spool.read(first, 10_000_000)).toHaveLength(3)
    }
  })

  test('starts with a table emptied, and says so', async () => {
    const folder = await temporaryFolder()
    const { first } = await filled(folder, 300)
    const [table] = await filesLike(folder, /\.ldb$/)
    await truncate(table ?? '', 0)
    const spool = await openSpool(folder)
    const state = await spool.open()
    expect(state).toMatchObject({ end: first + 300, damage: expect.stringMatching(/is cut short; /) })
    await spool.append(entryAt(state.nextOffset, 1, state.end))
    expect((await spool.read(first, 100_000_000)).at(-1)?.offset).toBe(state.nextOffset)
  })

  test('passes over entries whose bytes changed on disk and tells by previousEnd that rows are missing', async () => {
    const folder = await temporaryFolder()
    const { first } = await filled(folder, 300)
    const [table] = await filesLike(folder, /\.ldb$/)
    const bytes = await readFile(table ?? '')
    bytes.fill(0x21, 400_000, 400_500)
    await writeFile(table ?? '', bytes)
    const spool = await openSpool(folder)
    await spool.open()
    const found: { offset: number; previousEnd: number }[] = []
    for (let from = first; ; ) {
      const batch = await spool.read(from, 5_000_000)
      if (batch.length === 0) break
      found.push(...batch)
      from = (batch.at(-1)?.offset ?? 0) + 1
    }
    expect(found.length).toBeGreaterThan(200)
    expect(found.length).toBeLessThan(300)
    const missing = found.reduce((sum, entry, index) => {
      const previous = found[index - 1]
      return sum + (previous === undefined ? 0 : entry.previousEnd - previous.offset - 1)
    }, 0)
    expect(missing + (found[0]?.offset ?? 0) - first).toBe(300 - found.length)
  })

  test('starts with rubbish in every file, and knows by its mark what it was and how far it came', async () => {
    const folder = await temporaryFolder()
    const { first, spoolId } = await filled(folder, 20)
    for (const file of await filesLike(folder, /^(MANIFEST|CURRENT|\d+\.(log|ldb))/))
      await writeFile(file, 'rubbish')
    const spool = await openSpool(folder)
    const state = await spool.open()
    expect(state).toMatchObject({ spoolId, end: first + 20, rows: first + 20 })
    expect(state.damage).not.toBeNull()
    await spool.append(entryAt(state.nextOffset, 1, state.end))
    expect(await spool.read(state.nextOffset, 1000)).toHaveLength(1)
  })

  test('refuses a folder that another process has open', async () => {
    const folder = await temporaryFolder()
    const first = await openSpool(folder)
    await first.open()
    await expect((await openSpool(folder)).open()).rejects.toMatchObject({ code: 'SPOOL_LOCKED' })
  })
})
