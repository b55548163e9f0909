import { tmpdir } from 'node:os'
import { expect, test } from '@jest/globals'
import { createDiskSpace } from '../../src/disk-space.ts'

test('the room of a disk is told, and the same answer is given again for a while', async () => {
  let now = 0
  const disk = createDiskSpace({ folder: tmpdir(), monotonic: () => now })
  const first = disk()
  const { freeBytes, totalBytes } = (await first) ?? { freeBytes: -1, totalBytes: -1 }
  expect(freeBytes).toBeGreaterThan(0)
  expect(totalBytes).toBeGreaterThanOrEqual(freeBytes)
  now = 4_999
  expect(disk()).toBe(first)
  now = 5_000
  expect(disk()).not.toBe(first)
})

test('of a folder that is not there nothing is told', async () => {
  expect(await createDiskSpace({ folder: '/no/such/folder', monotonic: () => 0 })()).toBeNull()
})
