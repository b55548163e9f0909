/** The commands as processes of their own, on the embedded Postgres, before and while Sluice runs. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { beforeEach, expect, jest, test } from '@jest/globals'
import { openLevel } from '../../bridge/stores/level-open.ts'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { freshDataDir, startSluice } from '../support/sluice.ts'

jest.setTimeout(60_000)

const MAIN = resolve(import.meta.dirname, '../../dist/src/cli/main.js')
const later = useCleanups()

let dataDir: string
beforeEach(async () => {
  const fresh = await freshDataDir()
  later(fresh.cleanup)
  dataDir = fresh.dataDir
})

interface Run {
  readonly child: ChildProcess
  readonly said: () => string
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>
}

const start = (line: string): Run => {
  const child = spawn(process.execPath, [MAIN, ...line.split(' ')], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH, DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const text = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    text.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    text.err += chunk
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...text }))
  return { child, said: () => text.err, ended }
}

const command = (line: string) => start(line).ended

/** Whether anything says that it holds the folder. */
const isFree = async (): Promise<boolean> => {
  const left = await Promise.allSettled(
    ['postgres.owner.json', 'postgres/postmaster.pid'].map((name) => stat(join(dataDir, name))),
  )
  return left.every(({ status }) => status === 'rejected')
}

test('the first credential is made before Sluice has ever run, and is there when it does', async () => {
  expect(await command('device ls')).toMatchObject({
    code: 1,
    err: expect.stringContaining('Sluice has never run with this DATA_DIR'),
  })
  const added = await command('device add porch --json')
  expect(added).toMatchObject({ code: 0, err: expect.stringContaining('Sluice does not run') })
  expect(JSON.parse(added.out)).toMatchObject({ id: 'porch', secret: expect.any(String) })
  expect(await isFree()).toBe(true)
  expect((await command('device ls')).out).toContain('porch')

  const sluice = await startSluice({ DATA_DIR: dataDir })
  later(() => sluice.end('SIGTERM'))
  const url = await readFile(join(dataDir, 'postgres.url'), 'utf8')
  const listed = await command('device ls --json')
  expect(listed).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse(listed.out)).toMatchObject({ name: 'porch', revokedAt: null })
  expect((await command('device revoke porch')).code).toBe(0)
  expect((await command('user add anna --role admin')).code).toBe(0)
  expect(await readFile(join(dataDir, 'postgres.url'), 'utf8')).toBe(url)
  expect((await sluice.end('SIGTERM')).code).toBe(0)
  expect((await command('device ls')).out).toMatch(/porch .*revoked/)
})

test('no Postgres is started in a folder that a Sluice holds', async () => {
  const sessions = await openLevel({ folder: join(dataDir, 'sessions'), what: 'sessions' })
  later(() => sessions.db.close())
  expect(await command('device add porch')).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining(`a Sluice holds ${dataDir}`),
  })
  await expect(stat(join(dataDir, 'postgres'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a command that is interrupted leaves no Postgres behind', async () => {
  const { child, said, ended } = start('device add porch')
  await eventually(() => said().includes('is started for this command'), 20_000)
  await eventually(() => stat(join(dataDir, 'postgres.owner.json')), 20_000)
  child.kill('SIGINT')
  expect(await ended).toMatchObject({ code: 1, out: '', err: expect.stringContaining('sluice: interrupted') })
  expect(await isFree()).toBe(true)
  expect((await command('device add porch --json')).code).toBe(0)
})
