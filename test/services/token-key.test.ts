import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from '@jest/globals'
import { createTokenKey } from '../../src/access/token-key.ts'
import { useCleanups } from '../support/cleanups.ts'

const onCleanup = useCleanups()
let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-token-key-'))
  onCleanup(() => rm(folder, { recursive: true, force: true }))
  file = join(folder, 'token.key')
})

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777

test('nothing is written before the key is asked for', async () => {
  createTokenKey({ file })
  expect(await readdir(folder)).toEqual([])
})

test('the key is 32 bytes in a file that only its owner may read, made once and found again', async () => {
  const key = createTokenKey({ file })
  const [one, other] = await Promise.all([key(), key()])
  expect(one).toHaveLength(32)
  expect(other).toBe(one)
  expect(await modeOf(file)).toBe(0o600)
  expect(await readdir(folder)).toEqual(['token.key'])
  expect(Buffer.from(await createTokenKey({ file })()).equals(one)).toBe(true)
})

test('two folders have two keys', async () => {
  const one = await createTokenKey({ file })()
  const other = await createTokenKey({ file: join(folder, 'other.key') })()
  expect(Buffer.from(one).equals(other)).toBe(false)
})

test('a file that others may read is closed to them', async () => {
  await createTokenKey({ file })()
  await chmod(file, 0o644)
  await createTokenKey({ file })()
  expect(await modeOf(file)).toBe(0o600)
})

test('a file that holds no key, and a draft that was left behind, are replaced', async () => {
  await writeFile(file, 'too short')
  await writeFile(`${file}.new`, 'half of it')
  await chmod(`${file}.new`, 0o644)
  const key = await createTokenKey({ file })()
  expect((await readFile(file)).equals(key)).toBe(true)
  expect(await modeOf(file)).toBe(0o600)
  expect(await readdir(folder)).toEqual(['token.key'])
})

test('where no file can be kept there is a key as well, for this process, and it is said', async () => {
  const errors: unknown[] = []
  const key = createTokenKey({
    file: join(folder, 'missing', 'token.key'),
    onError: (error) => errors.push(error),
  })
  const first = await key()
  expect(first).toHaveLength(32)
  expect(await key()).toBe(first)
  expect(errors).toHaveLength(1)
})
