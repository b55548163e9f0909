import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createBridgeEmitter } from '../../../../bridge/events.ts'
import { createAdmission } from '../../../../bridge/pipeline/admission.ts'
import { heard } from './spooled.ts'

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

const createRig = (maxHeldBytes = 1_000_000) => {
  const events = createBridgeEmitter()
  const use = { spoolBytes: 0, memoryBytes: 0 }
  const admission = createAdmission(
    { use: () => use, events, monotonic: () => Date.now() },
    { maxSpoolBytes: 100, maxMemoryBytes: 50, holdMs: 10_000, maxHeldBytes },
  )
  const told: string[] = []
  const hold = (name: string, bytes = 10, taken = (): void => {}): void =>
    admission.hold({
      bytes,
      take: () => {
        told.push(`take ${name}`)
        taken()
      },
      refuse: (error) => told.push(`${Reflect.get(error, 'code')} ${name}`),
    })
  const fill = (spoolBytes: number, memoryBytes = 0): void => {
    Object.assign(use, { spoolBytes, memoryBytes })
    admission.update()
  }
  return { admission, events, told, hold, fill, use }
}

describe('admission', () => {
  test('is full from either bound on, and has room again only below 95 % of both', () => {
    const { admission, events, fill } = createRig()
    const told = heard(events, 'spool:full')
    fill(99)
    expect(admission.full).toBe(false)
    fill(100)
    expect(admission.full).toBe(true)
    fill(96)
    expect(admission.full).toBe(true)
    fill(94)
    expect(admission.full).toBe(false)
    fill(0, 50)
    expect(admission.full).toBe(true)
    fill(0, 0)
    expect(told).toEqual([
      { full: true, bytes: 100 },
      { full: false, bytes: 94 },
      { full: true, bytes: 0 },
      { full: false, bytes: 0 },
    ])
    admission.stop()
  })

  test('takes what it held in order as soon as there is room', () => {
    const { admission, told, hold, fill } = createRig()
    fill(100)
    for (const name of ['a', 'b', 'c']) hold(name)
    expect(told).toEqual([])
    fill(0)
    expect(told).toEqual(['take a', 'take b', 'take c'])
    expect(admission.heldBytes).toBe(0)
    admission.stop()
  })

  test('stops taking when what it took has filled the room, and goes on in order later', () => {
    const { admission, told, hold, fill, use } = createRig()
    fill(100)
    hold('a', 10, () => {
      use.memoryBytes = 50
    })
    hold('b')
    fill(0)
    expect(told).toEqual(['take a'])
    expect(admission.full).toBe(true)
    fill(0)
    expect(told).toEqual(['take a', 'take b'])
    admission.stop()
  })

  test('refuses with SPOOL_FULL what had to wait too long, oldest first, and keeps the rest', () => {
    const { admission, events, told, hold, fill } = createRig()
    const refused = heard(events, 'message:held')
    fill(100)
    hold('a')
    jest.advanceTimersByTime(5_000)
    hold('b')
    jest.advanceTimersByTime(5_250)
    expect(told).toEqual(['SPOOL_FULL a'])
    expect(refused).toEqual([{ count: 1 }])
    fill(0)
    expect(told).toEqual(['SPOOL_FULL a', 'take b'])
    admission.stop()
  })

  test('finds room by itself within a moment, though nobody tells of it', () => {
    const { admission, told, hold, fill, use } = createRig()
    fill(100)
    hold('a')
    use.spoolBytes = 0
    jest.advanceTimersByTime(500)
    expect(told).toEqual(['take a'])
    expect(admission.full).toBe(false)
    admission.stop()
  })

  test('finds room by itself with nothing held, for QoS 0 would be dropped for ever', () => {
    const { admission, fill, use } = createRig()
    fill(100)
    use.spoolBytes = 0
    jest.advanceTimersByTime(500)
    expect(admission.full).toBe(false)
    expect(jest.getTimerCount()).toBe(0)
    admission.stop()
  })

  test('is full while the disk refuses what is written, for longer than a moment', () => {
    const { admission, events, told, hold } = createRig()
    const fail = () => events.emit('spool:failed', { error: new Error('ENOSPC'), retryInMs: 500 })
    fail()
    expect(admission.full).toBe(false)
    jest.advanceTimersByTime(1_000)
    fail()
    expect(admission.full).toBe(true)
    hold('a')
    jest.advanceTimersByTime(10_250)
    hold('b')
    expect(told).toEqual(['SPOOL_FULL a'])
    events.emit('spool:committed', { rows: 1, bytes: 1, fsyncMs: 1 })
    admission.update()
    expect(admission.full).toBe(false)
    expect(told).toEqual(['SPOOL_FULL a', 'take b'])
    admission.stop()
  })

  test('a write that fails once and then succeeds drops nothing', () => {
    const { admission, events } = createRig()
    events.emit('spool:failed', { error: new Error('EIO'), retryInMs: 100 })
    events.emit('spool:committed', { rows: 1, bytes: 1, fsyncMs: 1 })
    jest.advanceTimersByTime(5_000)
    events.emit('spool:failed', { error: new Error('EIO'), retryInMs: 100 })
    expect(admission.full).toBe(false)
    admission.stop()
  })

  test('holds no more than its bytes, messages without a payload counted too', () => {
    const { admission, told, hold, fill } = createRig(10_000)
    fill(100)
    for (let index = 0; index < 1_000; index += 1) hold(`${index}`, 0)
    const refused = told.filter((line) => line.startsWith('SPOOL_FULL')).length
    expect(refused).toBeGreaterThan(900)
    expect(refused).toBeLessThan(1_000)
    expect(admission.heldBytes).toBeLessThanOrEqual(10_000)
    admission.stop()
  })

  test('takes a quarter of a million held messages in order and in linear time', () => {
    const { admission, told, hold, fill } = createRig(1e9)
    fill(100)
    for (let index = 0; index < 250_000; index += 1) hold(`${index}`, 1)
    fill(0)
    expect(told).toHaveLength(250_000)
    expect(told[4_096]).toBe('take 4096')
    expect(told.at(-1)).toBe('take 249999')
    expect(admission.heldBytes).toBe(0)
    admission.stop()
  })

  test('refuses what it holds with STOPPING when it stops, and leaves no timer', () => {
    const { admission, told, hold, fill } = createRig()
    fill(100)
    hold('a')
    hold('b')
    admission.stop()
    expect(told).toEqual(['STOPPING a', 'STOPPING b'])
    expect(admission.heldBytes).toBe(0)
    expect(jest.getTimerCount()).toBe(0)
  })
})
