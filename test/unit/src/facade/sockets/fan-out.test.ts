import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from '@jest/globals'
import { createFanOut } from '../../../../../src/facade/sockets/fan-out.ts'
import { createBatch } from '../../../../../src/facade/sockets/outbox.ts'
import type { Viewer } from '../../../../../src/facade/sockets/viewer.ts'
import { settled } from '../../../../support/deferred.ts'

const batchOf = (text: string) => createBatch([Buffer.from(text)], 1_024)
const viewerOf = (): Viewer => ({ heard: true, slowRounds: 0 }) as Viewer

const createRig = (count: number) => {
  const viewers = new Set<Viewer>(Array.from({ length: count }, viewerOf))
  const got = new Map<Viewer, string[]>()
  const fanOut = createFanOut(viewers, (viewer, batch) => {
    got.set(viewer, [...(got.get(viewer) ?? []), batch.plain().subarray(2).toString()])
  })
  return { viewers, got, fanOut }
}

describe('a fan-out', () => {
  test('reaches a few viewers at once', () => {
    const { fanOut, got } = createRig(3)
    fanOut.deliver(batchOf('a'))
    expect([...got.values()]).toEqual([['a'], ['a'], ['a']])
  })

  test('takes several turns for many, and every viewer gets every batch in order', async () => {
    const { fanOut, got } = createRig(1_000)
    for (const text of ['a', 'b', 'c']) fanOut.deliver(batchOf(text))
    expect(got.size).toBeLessThan(1_000)
    await settled(40)
    expect(got.size).toBe(1_000)
    for (const texts of got.values()) expect(texts).toEqual(['a', 'b', 'c'])
  })

  test('goes on past viewers that leave, and takes in those that join', async () => {
    const { fanOut, got, viewers } = createRig(150)
    const last = [...viewers].at(-1) as Viewer
    fanOut.deliver(batchOf('a'))
    viewers.delete(last)
    const late = viewerOf()
    viewers.add(late)
    fanOut.deliver(batchOf('b'))
    await settled(10)
    expect(got.has(last)).toBe(false)
    expect(got.get(late)?.at(-1)).toBe('b')
    expect(got.size).toBe(150)
  })

  test('holds on to nobody who has left', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const { fanOut, viewers } = createRig(0)
    fanOut.deliver(batchOf('before'))
    const left = Array.from({ length: 500 }, () => {
      const viewer = viewerOf()
      viewers.add(viewer)
      return new WeakRef(viewer)
    })
    viewers.clear()
    await settled(2)
    collect()
    expect(left.filter((each) => each.deref() !== undefined)).toEqual([])
    fanOut.clear()
  })

  test('refuses batches when too many are under way, and takes them again later', async () => {
    const { fanOut, got } = createRig(150)
    const taken = Array.from({ length: 30 }, (_, n) => fanOut.deliver(batchOf(String(n))))
    const kept = taken.filter(Boolean).length
    expect(kept).toBeLessThan(30)
    await settled(60)
    for (const texts of got.values()) expect(texts).toHaveLength(kept)
    expect(fanOut.deliver(batchOf('again'))).toBe(true)
  })

  test('forgets what is cleared', async () => {
    const { fanOut, got } = createRig(150)
    fanOut.deliver(batchOf('a'))
    fanOut.clear()
    const before = got.size
    await settled(10)
    expect(got.size).toBe(before)
  })
})
