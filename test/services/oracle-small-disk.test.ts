import { access, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { createSmallDisk } from '../oracle/small-disk.ts'
import { useCleanups } from '../support/cleanups.ts'

const later = useCleanups()

const smallDisk = async (options?: { readonly mayMount: boolean }) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-disk-'))
  later(() => rm(folder, { recursive: true, force: true }))
  const disk = await createSmallDisk(folder, options)
  later(disk.close)
  return disk
}

test('a full disk takes not one byte, also after a file on it was deleted, until it is freed', async () => {
  const disk = await smallDisk()
  if (disk.kind !== 'tmpfs') return // this user may not mount one: the pretended one stands in
  const old = join(disk.dataDir, 'old')
  await writeFile(old, Buffer.alloc(100_000))
  await disk.fill()
  await expect(writeFile(join(disk.dataDir, 'new'), 'x')).rejects.toMatchObject({ code: 'ENOSPC' })
  await disk.free()
  await disk.fill()
  await rm(old)
  await disk.fill()
  await expect(writeFile(join(disk.dataDir, 'new'), 'x')).rejects.toMatchObject({ code: 'ENOSPC' })
  await disk.free()
  await writeFile(join(disk.dataDir, 'new'), Buffer.alloc(100_000))
})

test('where nothing may be mounted a file says that the disk is full, and Sluice is told where it is', async () => {
  const disk = await smallDisk({ mayMount: false })
  const flag = disk.settings.FULL_DISK_FILE ?? ''
  expect(disk.kind).toBe('pretended')
  await disk.fill()
  await access(flag)
  await disk.free()
  await expect(access(flag)).rejects.toMatchObject({ code: 'ENOENT' })
})
