import { spawn } from 'node:child_process'
import { chmod, chown, mkdir, readFile, stat, unlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals'
import { createEmbeddedPostgres, type ExitReport } from '../../src/embedded-postgres/index.ts'
import { processIdentity } from '../../src/embedded-postgres/process-identity.ts'
import { ask, createPostgresKit, killAndWait, refused } from '../support/embedded-postgres-kit.ts'

jest.setTimeout(30_000)

const KEEP_42 = 'DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 42 AS answer'
const asRoot = process.getuid?.() === 0 ? test : test.skip
const kit = createPostgresKit()

afterEach(kit.cleanUp)
afterAll(kit.removeUsedFolder)

describe('a first start', () => {
  test('makes a cluster in a folder only its owner may enter, and the written URL opens it', async () => {
    const dataDir = join(await kit.freshFolder(), 'data')
    await mkdir(dataDir)
    await chmod(dataDir, 0o700)
    const { url, version } = await kit.embeddedIn(dataDir).start()
    expect(version).toMatch(/^PostgreSQL \d+\.\d+$/)
    expect(url).toMatch(/^postgres:\/\/sluice:[0-9a-f]{48}@127\.0\.0\.1:\d+\/sluice$/)
    expect(await readFile(join(dataDir, 'postgres.url'), 'utf8')).toBe(`${url}\n`)
    for (const secret of ['postgres.url', 'postgres.password']) {
      expect((await stat(join(dataDir, secret))).mode & 0o777).toBe(0o600)
    }
    const settings = "SELECT string_agg(setting, ' ' ORDER BY name) FROM pg_settings WHERE name = ANY"
    expect(
      await ask(
        url,
        `${settings}('{data_checksums,fsync,listen_addresses,server_encoding,synchronous_commit}')`,
      ),
    ).toBe('on on 127.0.0.1 UTF8 on')
  })

  test('a wrong password is refused', async () => {
    const { url } = await kit.embeddedIn(await kit.usedFolder()).start()
    await expect(ask(url.replace(/:[0-9a-f]{48}@/, ':wrong@'), 'SELECT 1')).rejects.toMatchObject({
      code: '28P01',
    })
  })

  test('what an interrupted initdb left behind is cleared away', async () => {
    const dataDir = await kit.freshFolder()
    const unfinished = join(dataDir, 'postgres.initdb-dead', 'cluster')
    await mkdir(unfinished, { recursive: true })
    await writeFile(join(unfinished, 'PG_VERSION'), '18\n')
    const { url } = await kit.embeddedIn(dataDir).start()
    expect(await ask(url, 'SELECT 1')).toBe(1)
    await expect(stat(dirname(unfinished))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('stop and start', () => {
  test('keep the data and the port, and are idempotent', async () => {
    const dataDir = await kit.usedFolder()
    const postgres = kit.embeddedIn(dataDir)
    const [first, again] = await Promise.all([postgres.start(), postgres.start()])
    expect(again).toBe(first)
    await ask(first.url, KEEP_42)
    const pid = Number(postgres.pid)
    await Promise.all([postgres.stop(), postgres.stop()])
    expect(postgres.pid).toBeUndefined()
    expect(await processIdentity(pid)).toBeUndefined()
    await expect(stat(join(dataDir, 'postgres.owner.json'))).rejects.toMatchObject({ code: 'ENOENT' })
    const second = await kit.embeddedIn(dataDir).start()
    expect(second.url).toBe(first.url)
    expect(await ask(second.url, 'SELECT answer FROM kept')).toBe(42)
  })

  test('a stop while it starts leaves nothing running, and a later start works', async () => {
    const dataDir = await kit.freshFolder()
    const postgres = kit.embeddedIn(dataDir)
    const started = postgres.start()
    const outcome = expect(started).rejects.toMatchObject({ code: 'STOPPING' })
    await postgres.stop()
    await outcome
    expect(await ask((await postgres.start()).url, 'SELECT 1')).toBe(1)
  })

  test('another port is taken when somebody has the last one', async () => {
    const dataDir = await kit.usedFolder()
    const postgres = kit.embeddedIn(dataDir)
    const first = await postgres.start()
    await postgres.stop()
    const squatter = createServer().listen(Number(new URL(first.url).port), '127.0.0.1')
    kit.onCleanUp(async () => squatter.close())
    const second = await postgres.start()
    expect(second.url).not.toBe(first.url)
    expect(await ask(second.url, 'SELECT 1')).toBe(1)
  })

  test('an unexpected end is told, and a start from there recovers what was committed', async () => {
    const postgres = kit.embeddedIn(await kit.usedFolder())
    const { url } = await postgres.start()
    await ask(url, KEEP_42)
    const report = new Promise<ExitReport>((told) => postgres.onExit(told))
    process.kill(Number(postgres.pid), 'SIGKILL')
    expect(await report).toMatchObject({ signal: 'SIGKILL' })
    expect(postgres.pid).toBeUndefined()
    expect(await ask((await postgres.start()).url, 'SELECT answer FROM kept')).toBe(42)
  })

  test('a server that cannot start says why, and starts once that is mended', async () => {
    const dataDir = await kit.usedFolder()
    const broken = createEmbeddedPostgres({ dataDir, extraSettings: { shared_buffers: 'much' } })
    kit.onCleanUp(() => broken.stop())
    await expect(broken.start()).rejects.toMatchObject(refused(/shared_buffers.*much/s))
    await broken.stop()
    expect(await ask((await kit.embeddedIn(dataDir).start()).url, 'SELECT 1')).toBe(1)
  })
})

describe('after a crash of the process', () => {
  test('the server outlives Ctrl-C and kill -9; the next start stops it and has all that was committed', async () => {
    const dataDir = await kit.usedFolder()
    const holder = await kit.startHolder(dataDir)
    await ask(holder.url, KEEP_42)
    process.kill(-Number(holder.child.pid), 'SIGINT')
    expect(await holder.nextLine()).toBe('SIGINT')
    expect(await ask(holder.url, 'SELECT answer FROM kept')).toBe(42)

    const second = kit.embeddedIn(dataDir)
    await expect(second.start()).rejects.toMatchObject(
      refused(new RegExp(`Another Sluice .pid ${holder.child.pid}.`)),
    )
    expect(await ask(holder.url, 'SELECT 1')).toBe(1)

    await killAndWait(holder.child)
    expect(await processIdentity(holder.postmasterPid)).toBeDefined()
    const { url } = await second.start()
    expect(await processIdentity(holder.postmasterPid)).toBeUndefined()
    expect(await ask(url, 'SELECT answer FROM kept')).toBe(42)
  })

  test('a lock file whose pid another program has now does not stand in the way', async () => {
    const dataDir = await kit.usedFolder()
    const postgres = kit.embeddedIn(dataDir)
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    kit.onCleanUp(() => killAndWait(other))
    await writeFile(
      join(dataDir, 'postgres', 'postmaster.pid'),
      `${other.pid}\n${dataDir}/postgres\n1\n5432\n`,
    )
    expect(await ask((await postgres.start()).url, 'SELECT 1')).toBe(1)
  })
})

describe('a folder that is not ours to use', () => {
  test('is refused to a second instance of the same process, which does not disturb the first', async () => {
    const dataDir = await kit.usedFolder()
    const { url } = await kit.embeddedIn(dataDir).start()
    await expect(kit.embeddedIn(dataDir).start()).rejects.toMatchObject(refused(/Another Sluice/))
    expect(await ask(url, 'SELECT 1')).toBe(1)
  })

  test('is refused when a Postgres runs in it that somebody else started', async () => {
    const dataDir = await kit.usedFolder()
    const holder = await kit.startHolder(dataDir)
    await killAndWait(holder.child)
    await unlink(join(dataDir, 'postgres.owner.json'))
    await expect(kit.embeddedIn(dataDir).start()).rejects.toMatchObject(
      refused(new RegExp(`did not start .pid ${holder.postmasterPid}.`)),
    )
    expect(await ask(holder.url, 'SELECT 1')).toBe(1)
  })

  test('is refused when another major version made the cluster, and both versions are named', async () => {
    const dataDir = await kit.freshFolder()
    await mkdir(join(dataDir, 'postgres'))
    await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '14\n')
    await expect(kit.embeddedIn(dataDir).start()).rejects.toMatchObject(
      refused(/Postgres 14.*is \d\d\.\d.*DATABASE_URL/s),
    )
  })

  test('is refused when it holds something else than a cluster', async () => {
    const dataDir = await kit.freshFolder()
    await mkdir(join(dataDir, 'postgres'))
    await writeFile(join(dataDir, 'postgres', 'notes.txt'), 'mine')
    await expect(kit.embeddedIn(dataDir).start()).rejects.toMatchObject(refused(/holds no Postgres cluster/))
    expect(await readFile(join(dataDir, 'postgres', 'notes.txt'), 'utf8')).toBe('mine')
  })

  asRoot('is refused when the user who owns the cluster cannot reach it, with what to do', async () => {
    const dataDir = await kit.freshFolder()
    await mkdir(join(dataDir, 'postgres'))
    await chown(join(dataDir, 'postgres'), 65534, 65534)
    await chmod(dataDir, 0o700)
    await expect(kit.embeddedIn(dataDir).start()).rejects.toMatchObject(
      refused(/uid 65534.*DATA_DIR.*DATABASE_URL/s),
    )
  })
})
