import { cp, readFile, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { loadBinaries, mendSymlinks } from '../../src/embedded-postgres/binaries.ts'
import { outputAs } from '../../src/embedded-postgres/run-as.ts'
import { createPostgresKit, refused } from '../support/embedded-postgres-kit.ts'

const kit = createPostgresKit()

afterEach(kit.cleanUp)

describe('the Postgres binaries', () => {
  test('get the links to their libraries that a skipped install script did not make', async () => {
    const { postgres } = await loadBinaries()
    const copy = await kit.freshFolder()
    const original = resolve(dirname(postgres), '..')
    for (const part of ['bin', 'lib', 'pg-symlinks.json']) {
      await cp(join(original, part), join(copy, 'native', part), { recursive: true, verbatimSymlinks: true })
    }
    const list = await readFile(join(copy, 'native', 'pg-symlinks.json'), 'utf8')
    const links = (JSON.parse(list) as { target: string }[]).map(({ target }) => join(copy, target))
    await Promise.all(links.map((link) => unlink(link)))
    const command = [join(copy, 'native', 'bin', 'postgres'), '--version'] as const
    const version = () => outputAs({ kind: 'self' }, command, new AbortController().signal)
    expect(await version()).toMatchObject({ ok: false })
    await Promise.all([mendSymlinks(copy), mendSymlinks(copy)])
    expect(await version()).toMatchObject({ ok: true, text: expect.stringContaining('PostgreSQL') })
  })

  test('that are not installed are an error that says what to do', async () => {
    const missing = () => Promise.reject(new Error('Cannot find package'))
    await expect(loadBinaries(missing)).rejects.toMatchObject(
      refused(/@embedded-postgres\/.*Set DATABASE_URL/),
    )
  })
})
