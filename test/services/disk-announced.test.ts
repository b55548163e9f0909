import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import type { Announced } from '../../bridge/core/home-assistant.ts'
import { createDiskAnnounced } from '../../bridge/stores/disk-announced.ts'
import { useCleanups } from '../support/cleanups.ts'
import { deviceId } from '../support/readings.ts'

const later = useCleanups()

const fileIn = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-announced-'))
  later(() => rm(folder, { recursive: true }))
  return join(folder, 'deep', 'home-assistant.jsonl')
}

const announcedOf = (id: string, ...metrics: readonly string[]): Announced => ({
  deviceId: deviceId(id),
  topic: `t/${id}`,
  metrics,
  keys: [],
})

test('the newest of each topic is had back after a restart, and the file holds no more than that', async () => {
  const file = await fileIn()
  const store = createDiskAnnounced(file)
  expect(await store.load()).toEqual([])
  await store.note([announcedOf('a'), announcedOf('b')])
  await Promise.all([
    store.note([announcedOf('a', 'temperature')]),
    store.note([{ topic: 't/b', gone: true }, announcedOf('ü\n"c')]),
  ])
  const kept = [announcedOf('a', 'temperature'), announcedOf('ü\n"c')]
  expect(await createDiskAnnounced(file).load()).toEqual(kept)
  expect(
    (await readFile(file, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(kept)
})

test('a line that a crash cut off is left out, and what is noted behind it is not', async () => {
  const file = await fileIn()
  await createDiskAnnounced(file).note([announcedOf('a')])
  await appendFile(file, '{"deviceId":"b","topic":"t/b","metr')
  const store = createDiskAnnounced(file)
  expect(await store.load()).toEqual([announcedOf('a')])
  await store.note([announcedOf('c')])
  expect(await store.load()).toEqual([announcedOf('a'), announcedOf('c')])
})

test('what is cleared is empty, also when there was nothing', async () => {
  const store = createDiskAnnounced(await fileIn())
  await store.clear()
  await store.note([announcedOf('a')])
  await store.clear()
  expect(await store.load()).toEqual([])
})
