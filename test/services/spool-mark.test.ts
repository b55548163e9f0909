import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { createMarkFile } from '../../bridge/stores/spool-mark.ts'
import { useCleanups } from '../support/cleanups.ts'

const later = useCleanups()

const markPath = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-mark-'))
  later(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'spool.end')
}

const spoolId = Buffer.alloc(16, 7)

test('the newest mark is read back, and there is none before the first', async () => {
  const path = await markPath()
  const mark = createMarkFile(path)
  expect(await mark.read()).toBeUndefined()
  mark.write({ spoolId, end: 10, rows: 3 })
  mark.write({ spoolId, end: 2 ** 50, rows: 4 })
  mark.close()
  expect(await createMarkFile(path).read()).toEqual({ spoolId, end: 2 ** 50, rows: 4 })
})

test('a mark that is cut off or changed is none', async () => {
  const path = await markPath()
  const mark = createMarkFile(path)
  mark.write({ spoolId, end: 10, rows: 3 })
  mark.close()
  await truncate(path, 39)
  expect(await createMarkFile(path).read()).toBeUndefined()
  await writeFile(path, Buffer.alloc(40, 1))
  expect(await createMarkFile(path).read()).toBeUndefined()
})

test('a mark that cannot be written stops nobody', () => {
  const mark = createMarkFile('/nowhere/spool.end')
  expect(() => mark.write({ spoolId, end: 10, rows: 3 })).not.toThrow()
  expect(() => mark.close()).not.toThrow()
})
