import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { type CliResult, sluice } from '../support/cli.ts'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres-stores.ts'

let database: MigratedDatabase
let folder: string
beforeAll(async () => {
  database = await migratedDatabase()
})
afterAll(() => database.drop())
const later = useCleanups()
beforeEach(async () => {
  await database.pool.query('TRUNCATE credentials')
  folder = await mkdtemp(join(tmpdir(), 'sluice-test-'))
  later(() => rm(folder, { recursive: true }))
})

const command = (...words: readonly string[]): Promise<CliResult> =>
  sluice(words, { env: { DATABASE_URL: database.url, HOST: '127.0.0.1' } })
const exported = (): Promise<CliResult> => command('device', 'export', '--mosquitto', folder)
const file = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')
const namesIn = (passwd: string): readonly string[] =>
  passwd
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.slice(0, line.indexOf(':')))

describe('device export --mosquitto', () => {
  test('writes a password file with everyone that is good, and an access list with every user', async () => {
    await command('device', 'add', 'porch')
    await command('device', 'add', 'lost')
    await command('device', 'revoke', 'lost')
    await command('user', 'add', 'wall', '--role', 'dashboard')
    const { code, out, err } = await exported()
    expect(code).toBe(0)
    expect(out).toBe(`1 device, 1 user, without 1 revoked: ${folder}/passwd, ${folder}/acl\n`)
    expect(err).not.toContain('left out')
    const passwd = await file('passwd')
    expect(namesIn(passwd)).toEqual(['porch', 'wall'])
    expect(passwd).toMatch(/^porch:\$7\$101\$[\w+/]{16}\$[\w+/]{86}==$/m)
    expect(await file('acl')).toContain('\nuser wall\n')
    expect(await file('acl')).not.toContain('porch')
  })

  test('shows no secret, and no hash that Sluice itself goes by', async () => {
    const { out } = await command('device', 'add', 'porch', '--json')
    const { secret } = JSON.parse(out) as { secret: string }
    const result = await exported()
    const all = [result.out, result.err, await file('passwd'), await file('acl')].join('\n')
    expect(all).not.toContain(secret)
    expect(all).not.toContain('scrypt')
  })

  test('names who has a secret that is older than the export, until it is rotated', async () => {
    const insert = "INSERT INTO credentials (name, role, secret_hash) VALUES ('old', 'device', 'scrypt$1')"
    await database.pool.query(insert)
    const before = await exported()
    expect(before.code).toBe(0)
    expect(before.err).toContain('rotate old to export it')
    expect(before.err).toContain('(sluice device rotate old)')
    expect(namesIn(await file('passwd'))).toEqual([])
    await command('device', 'rotate', 'old')
    expect((await exported()).err).not.toContain('rotate old')
    expect(namesIn(await file('passwd'))).toEqual(['old'])
  })

  test('leaves out and names what a password file cannot hold', async () => {
    await command('device', 'add', 'AA:BB:CC')
    await command('user', 'add', ' blank', '--role', 'admin')
    const { code, err } = await exported()
    expect(code).toBe(0)
    expect(err).toContain('AA:BB:CC is left out')
    expect(err).toContain('blank is left out')
    expect(namesIn(await file('passwd'))).toEqual([])
    expect(await file('acl')).not.toContain('blank')
  })

  test('is for owner and group, and keeps the rights that files of before were given', async () => {
    await exported()
    expect((await stat(join(folder, 'passwd'))).mode & 0o777).toBe(0o640)
    await chmod(join(folder, 'passwd'), 0o604)
    await exported()
    expect((await stat(join(folder, 'passwd'))).mode & 0o777).toBe(0o604)
  })

  test.each(['passwd', 'acl'])('takes no %s away that somebody else wrote', async (name) => {
    await writeFile(join(folder, name), 'mine:$7$101$x$y\n')
    const { code, err } = await exported()
    expect(code).toBe(1)
    expect(err).toContain(`${folder}/${name} was not written by this command`)
    expect(await file(name)).toBe('mine:$7$101$x$y\n')
  })

  test('without a folder says so', async () => {
    expect(await command('device', 'export')).toMatchObject({ code: 2 })
    expect(await command('device', 'export', '--mosquitto', `${folder}/none`)).toMatchObject({
      code: 1,
      err: expect.stringContaining('cannot write into'),
    })
  })
})
