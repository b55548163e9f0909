import { X509Certificate } from 'node:crypto'
import { cp, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createTlsContext, type TlsContext, type TlsPaths } from '../../src/tls/index.ts'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { freshTestCa, makeTestCa, type TestCa } from '../support/test-ca.ts'

const cleanup = useCleanups()
/** Pairs that tests copy: `one` and `two` are signed by the same CA. */
let one: TestCa
let two: string
beforeAll(async () => {
  one = await freshTestCa()
  two = join(one.folder, 'two')
  await mkdir(two)
  for (const file of ['ca.crt', 'ca.key']) await cp(join(one.folder, file), join(two, file))
  await makeTestCa('--out', two, 'two.example')
})
afterAll(() => one.remove())

const WATCH_ONLY = { settleMs: 5, pollMs: 3_600_000 }

/** A folder with the pair `one`, and a context on it that notes what it tells. */
const startContext = async (
  options: Parameters<typeof createTlsContext>[2] = WATCH_ONLY,
  place: (folder: string) => Promise<TlsPaths> = async (folder) => {
    await cp(join(one.folder, 'server.crt'), join(folder, 'server.crt'))
    await cp(join(one.folder, 'server.key'), join(folder, 'server.key'))
    return { certPath: join(folder, 'server.crt'), keyPath: join(folder, 'server.key') }
  },
) => {
  const folder = join(one.folder, `test-${process.hrtime.bigint()}`)
  await mkdir(folder)
  const paths = await place(folder)
  const told = { reloads: [] as string[], errors: [] as string[], warnings: [] as string[] }
  const context = createTlsContext(
    paths,
    {
      onReload: ({ subject }) => told.reloads.push(subject),
      onError: ({ message }) => told.errors.push(message),
      onWarning: (message) => told.warnings.push(message),
    },
    options,
  )
  cleanup(() => context.stop())
  await context.start()
  return { context, folder, paths, told }
}

const subjectOf = (context: TlsContext): string => new X509Certificate(String(context.options().cert)).subject

describe('a start', () => {
  test('reads the pair and tells when it expires', async () => {
    const { context, paths } = await startContext()
    const expected = new X509Certificate(await readFile(paths.certPath))
    expect(context.expiresAt).toBe(Date.parse(expected.validTo))
    expect(subjectOf(context)).toBe('CN=localhost')
  })

  const broken = (files: Partial<Record<'cert' | 'key' | 'ca', string>>) => async (folder: string) => {
    const { certPath, keyPath } = { certPath: join(folder, 'c.pem'), keyPath: join(folder, 'k.pem') }
    await writeFile(certPath, files.cert ?? (await readFile(one.paths.certPath)))
    await writeFile(keyPath, files.key ?? (await readFile(one.paths.keyPath)))
    if (files.ca === undefined) return { certPath, keyPath }
    await writeFile(join(folder, 'ca.pem'), files.ca)
    return { certPath, keyPath, caPath: join(folder, 'ca.pem') }
  }
  const begin = (place: (folder: string) => Promise<TlsPaths>) => startContext(WATCH_ONLY, place)
  const LOCKED = `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${'A'.repeat(64)}\n-----END ENCRYPTED PRIVATE KEY-----\n`

  test.each([
    ['cert', '', /^TLS_CERT \(.*c\.pem\) holds no certificate: it must be PEM text/],
    ['cert', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', /^TLS_CERT .* cannot be read/],
    ['key', 'hunter2', /^TLS_KEY \(.*k\.pem\) holds no private key/],
    ['key', LOCKED, /^TLS_KEY .* (locked with a passphrase|holds no private key)/],
    ['ca', 'nothing', /^TLS_CA \(.*ca\.pem\) holds no certificate/],
  ] as const)('on a %s file of %j says which file, and what it must hold', async (file, text, message) => {
    const failed = begin(broken({ [file]: text }))
    await expect(failed).rejects.toMatchObject({ code: 'TLS_FILES', message: expect.stringMatching(message) })
    await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining('hunter2') })
  })

  test('on a key of another certificate says so', async () => {
    const key = await readFile(join(two, 'server.key'), 'utf8')
    await expect(begin(broken({ key }))).rejects.toMatchObject({
      code: 'TLS_FILES',
      message: expect.stringMatching(/^TLS_KEY .* does not belong to the first certificate in TLS_CERT/),
    })
  })

  test('on a file that is not there says so', async () => {
    const missing = async (folder: string) => ({
      certPath: join(folder, 'no.pem'),
      keyPath: one.paths.keyPath,
    })
    await expect(begin(missing)).rejects.toMatchObject({
      code: 'TLS_FILES',
      message: expect.stringMatching(
        /^TLS_CERT \(.*no\.pem\) is not there: set it to the path of a PEM file/,
      ),
    })
  })

  test('with a certificate that has expired goes on, and warns', async () => {
    const { told } = await startContext({ ...WATCH_ONLY, clock: () => Date.now() + 400 * 86_400_000 })
    expect(told.warnings).toEqual([expect.stringMatching(/^the TLS certificate has expired/)])
  })
})

describe('files that change', () => {
  /** All at once: half a file is never there to be read. */
  const replace = async (path: string, text: string | Buffer): Promise<void> => {
    await writeFile(`${path}.new`, text)
    await rename(`${path}.new`, path)
  }
  const put = async (folder: string, from: string): Promise<void> => {
    for (const file of ['server.crt', 'server.key'])
      await replace(join(folder, file), await readFile(join(from, file)))
  }

  test('are taken up, once, and whoever listens is given the new pair', async () => {
    const { context, folder, told } = await startContext()
    const given: string[] = []
    context.onChange(({ cert }) => given.push(new X509Certificate(String(cert)).subject))
    await put(folder, two)
    await eventually(() => told.reloads.length > 0)
    expect(subjectOf(context)).toBe('CN=two.example')
    expect(told.reloads).toEqual(['CN=two.example'])
    expect(given).toEqual(['CN=two.example'])
  })

  test('are not taken up when they do not fit; the error says what to do, once, and they are when they do', async () => {
    const { context, folder, told } = await startContext({ settleMs: 5, pollMs: 10 })
    await replace(join(folder, 'server.crt'), await readFile(join(two, 'server.crt')))
    await eventually(() => told.errors.length > 0)
    expect(told.errors).toEqual([expect.stringMatching(/does not belong to the first certificate/)])
    expect(subjectOf(context)).toBe('CN=localhost')
    // Other bytes, the same problem: seen again, and not told again.
    await replace(join(folder, 'server.crt'), `${await readFile(join(two, 'server.crt'), 'utf8')}\n`)
    await replace(join(folder, 'server.key'), await readFile(join(two, 'server.key')))
    await eventually(() => told.reloads.length > 0)
    expect([told.errors.length, context.reloadFailures]).toEqual([1, 1])
    expect(subjectOf(context)).toBe('CN=two.example')
  })

  test('are taken up when symlinks are put in the place of others, as certbot does it', async () => {
    const { context, folder, told } = await startContext(WATCH_ONLY, async (folder) => {
      await symlink(join(one.folder, 'server.crt'), join(folder, 'fullchain.pem'))
      await symlink(join(one.folder, 'server.key'), join(folder, 'privkey.pem'))
      return { certPath: join(folder, 'fullchain.pem'), keyPath: join(folder, 'privkey.pem') }
    })
    for (const [file, name] of [
      ['server.crt', 'fullchain.pem'],
      ['server.key', 'privkey.pem'],
    ] as const) {
      await symlink(join(two, file), join(folder, 'new'))
      await rename(join(folder, 'new'), join(folder, name))
    }
    await eventually(() => told.reloads.length > 0)
    expect(subjectOf(context)).toBe('CN=two.example')
  })

  test('are found by looking where no sign of a change comes', async () => {
    const { context, folder, told } = await startContext({ settleMs: 5, pollMs: 10 }, async (folder) => {
      // Neither where the path is nor where it leads: the link in between is not watched.
      await symlink(one.folder, join(folder, 'current'))
      await mkdir(join(folder, 'seen'))
      for (const file of ['server.crt', 'server.key'])
        await symlink(join(folder, 'current', file), join(folder, 'seen', file))
      return { certPath: join(folder, 'seen/server.crt'), keyPath: join(folder, 'seen/server.key') }
    })
    await symlink(two, join(folder, 'new'))
    await rename(join(folder, 'new'), join(folder, 'current'))
    await eventually(() => told.reloads.length > 0)
    expect(subjectOf(context)).toBe('CN=two.example')
  })

  test('that are gone for a while leave the pair as it was', async () => {
    const { context, folder, told } = await startContext()
    await rm(join(folder, 'server.key'))
    await eventually(() => told.errors.length > 0)
    expect(told.errors).toEqual([expect.stringMatching(/^TLS_KEY .* is not there/)])
    await put(folder, two)
    await eventually(() => told.reloads.length > 0)
    expect(subjectOf(context)).toBe('CN=two.example')
  })
})
