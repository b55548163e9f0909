import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { makeTestCa } from '../support/test-ca.ts'

const cleanup = useCleanups()

const freshFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-make-ca-'))
  cleanup(() => rm(folder, { recursive: true }))
  return folder
}

const certificate = async (folder: string, file: string): Promise<X509Certificate> =>
  new X509Certificate(await readFile(join(folder, file)))

const refusal = async (...args: readonly string[]): Promise<string> => {
  const error: unknown = await makeTestCa(...args).catch((reason: unknown) => reason)
  return String((error as { stderr?: string }).stderr)
}

describe('make-test-ca.sh', () => {
  test('makes a CA, and a server certificate by it for all names and addresses', async () => {
    const folder = await freshFolder()
    await makeTestCa('--out', folder, '--days', '30', 'sluice.lan', '10.0.0.5', 'fe80::1')
    const ca = await certificate(folder, 'ca.crt')
    const server = await certificate(folder, 'server.crt')
    expect([ca.ca, server.ca]).toEqual([true, false])
    expect([server.checkIssued(ca), server.verify(ca.publicKey)]).toEqual([true, true])
    expect(server.checkHost('sluice.lan')).toBe('sluice.lan')
    expect([server.checkIP('10.0.0.5'), server.checkIP('fe80::1')]).toEqual(['10.0.0.5', 'fe80::1'])
    expect(server.checkHost('other.lan')).toBeUndefined()
    expect(Date.parse(server.validTo) - Date.parse(server.validFrom)).toBe(30 * 86_400_000)
    expect(server.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
    expect(server.checkPrivateKey(createPrivateKey(await readFile(join(folder, 'server.key'))))).toBe(true)
  })

  test('is for this machine when no name is given', async () => {
    const folder = await freshFolder()
    await makeTestCa('--out', folder)
    const server = await certificate(folder, 'server.crt')
    expect([server.checkHost('localhost'), server.checkIP('127.0.0.1'), server.checkIP('::1')]).toEqual([
      'localhost',
      '127.0.0.1',
      '::1',
    ])
  })

  test('makes client certificates whose name is the device id', async () => {
    const folder = await freshFolder()
    await makeTestCa('--out', folder)
    await makeTestCa('--out', folder, 'client', 'esp32-1')
    const client = await certificate(folder, 'client-esp32-1.crt')
    expect(client.subject).toBe('CN=esp32-1')
    expect(client.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']) // clientAuth
    expect(client.verify((await certificate(folder, 'ca.crt')).publicKey)).toBe(true)
  })

  test('makes a folder of its own, leaves nothing else in it, and all files to their owner only', async () => {
    const folder = join(await freshFolder(), 'tls')
    await makeTestCa('--out', folder)
    await makeTestCa('--out', folder, 'client', 'a')
    const files = (await readdir(folder)).sort()
    expect(files).toEqual(['ca.crt', 'ca.key', 'client-a.crt', 'client-a.key', 'server.crt', 'server.key'])
    for (const file of files)
      expect([file, (await stat(join(folder, file))).mode & 0o777]).toEqual([file, 0o600])
  })

  test('overwrites nothing; a CA that is there is used again', async () => {
    const folder = await freshFolder()
    await makeTestCa('--out', folder)
    await makeTestCa('--out', folder, 'client', 'a')
    const ca = await readFile(join(folder, 'ca.crt'), 'utf8')
    expect(await refusal('--out', folder)).toContain('server.crt is there already')
    expect(await refusal('--out', folder, 'client', 'a')).toContain('client-a.crt is there already')
    await rm(join(folder, 'server.crt'))
    expect(await refusal('--out', folder)).toContain('server.key is there already')
    await rm(join(folder, 'server.key'))
    await makeTestCa('--out', folder)
    expect(await readFile(join(folder, 'ca.crt'), 'utf8')).toBe(ca)
    await rm(join(folder, 'ca.key'))
    await rm(join(folder, 'server.crt'))
    await rm(join(folder, 'server.key'))
    expect(await refusal('--out', folder)).toContain('ca.crt is there already')
  })

  test.each([
    [['--days', 'ten'], '--days takes a whole number'],
    [['--days'], '--days takes a value'],
    [['--size', '1'], 'unknown option --size'],
    [['a b'], 'neither a host name nor an address'],
    [['x\nDNS:y'], 'neither a host name nor an address'],
    [['client'], 'client takes one device id'],
    [['client', 'a/b'], 'cannot stand in a certificate'],
    [['client', 'a'.repeat(65)], 'cannot stand in a certificate'],
    [['client', 'a'], 'has no ca.crt and ca.key'],
  ])('%j is refused: %s', async (args, reason) => {
    const folder = await freshFolder()
    expect(await refusal('--out', folder, ...args)).toContain(reason)
    expect(await readdir(folder)).toEqual([])
  })

  test('leaves what is not its own alone', async () => {
    const folder = await freshFolder()
    await writeFile(join(folder, 'notes'), 'mine')
    await makeTestCa('--out', folder)
    expect(await readFile(join(folder, 'notes'), 'utf8')).toBe('mine')
  })
})
