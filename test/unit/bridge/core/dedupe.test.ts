import { describe, expect, test } from '@jest/globals'
import { createSeenSequences } from '../../../../bridge/core/dedupe.ts'
import type { SeenBoot } from '../../../../bridge/core/seen-boot.ts'
import { id } from './samples.ts'

const a = id('a')

describe('sequence numbers seen', () => {
  test('a number is new once, per device and boot', () => {
    const seen = createSeenSequences()
    expect(seen.note(a, 'b1', 1)).toBe(true)
    expect(seen.note(a, 'b1', 1)).toBe(false)
    expect(seen.note(a, 'b2', 1)).toBe(true)
    expect(seen.note(id('b'), 'b1', 1)).toBe(true)
    expect(seen.size).toBe(2)
  })

  test('numbers in order make one range', () => {
    const seen = createSeenSequences()
    for (let seq = 0; seq < 10_000; seq++) seen.note(a, 'b1', seq)
    expect(seen.record(a)).toBe('[["b1",[0,9999]]]')
  })

  test('a gap that is filled joins its neighbours', () => {
    const seen = createSeenSequences()
    for (const seq of [1, 3, 5, 2, 4]) expect(seen.note(a, 'b1', seq)).toBe(true)
    expect(seen.record(a)).toBe('[["b1",[1,5]]]')
  })

  test('the greatest safe number is one like others', () => {
    const seen = createSeenSequences()
    expect(seen.note(a, 'b', Number.MAX_SAFE_INTEGER)).toBe(true)
    expect(seen.note(a, 'b', Number.MAX_SAFE_INTEGER)).toBe(false)
    expect(seen.note(a, 'b', Number.MAX_SAFE_INTEGER - 1)).toBe(true)
  })

  test('over 64 ranges the lowest but one is forgotten and counts as new', () => {
    const seen = createSeenSequences()
    for (let i = 0; i < 65; i++) seen.note(a, 'b1', i * 2)
    expect(seen.note(a, 'b1', 0)).toBe(false)
    expect(seen.note(a, 'b1', 4)).toBe(false)
    expect(seen.note(a, 'b1', 2)).toBe(true)
  })

  test('a boot that waits for a look into the table stays beyond the four, one that does not goes', () => {
    const dropped: string[] = []
    const hooks = { made: () => {}, dropped: ({ name }: SeenBoot) => dropped.push(name) }
    const seen = createSeenSequences({ maxWaiting: 6 }, hooks)
    const waiting = { first: 0, last: 0, oldest: 0, lowest: 0 }
    for (const boot of ['b1', 'b2', 'b3', 'b4']) seen.use(a, boot).waiting = { ...waiting }
    seen.use(a, 'b5')
    expect(dropped).toEqual([])
    seen.use(a, 'b6').waiting = { ...waiting }
    expect(dropped).toEqual(['b5'])
    for (const boot of ['b7', 'b8']) seen.use(a, boot).waiting = { ...waiting }
    expect(dropped).toEqual(['b5', 'b1'])
  })

  test('a device with a boot that waits is not evicted, at the price of up to twice as many devices', () => {
    const seen = createSeenSequences({ maxDevices: 2 })
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
      seen.use(id(name), 'b').waiting = { first: 0, last: 0, oldest: 0, lowest: 0 }
    expect(seen.size).toBe(4)
  })

  test('the four boots used last are known, a fifth pushes out the oldest', () => {
    const seen = createSeenSequences()
    for (const boot of ['b1', 'b2', 'b3', 'b4']) seen.note(a, boot, 1)
    seen.note(a, 'b1', 1)
    seen.note(a, 'b5', 1)
    expect(seen.note(a, 'b1', 1)).toBe(false)
    expect(seen.note(a, 'b2', 1)).toBe(true)
  })

  test('devices are bounded, and one in use outlives one that is not', () => {
    const seen = createSeenSequences({ maxDevices: 3 })
    for (const name of ['a', 'b', 'c']) seen.note(id(name), 'b', 1)
    seen.note(a, 'b', 2)
    seen.note(id('d'), 'b', 1)
    expect(seen.size).toBe(3)
    expect(seen.record(a)).toBe('[["b",[1,2]]]')
    expect(seen.record(id('b'))).toBeUndefined()
  })

  test('devices are bounded even when all are in use', () => {
    const seen = createSeenSequences({ maxDevices: 20 })
    const devices = Array.from({ length: 100 }, (_, i) => id(`d${i}`))
    for (const device of devices) {
      seen.note(device, 'b', 1)
      for (const other of devices) if (seen.record(other) !== undefined) seen.note(other, 'b', 1)
    }
    expect(seen.size).toBe(20)
  })
})

describe('records', () => {
  test('a restored record is older than what is known, and joined with it', () => {
    const seen = createSeenSequences()
    seen.note(a, 'b4', 7)
    seen.note(a, 'b5', 1)
    seen.restore(a, '[["b1",[0,5]],["b2",[0,5]],["b3",[0,1]],["b4",[0,6]]]')
    expect(seen.record(a)).toBe('[["b2",[0,5]],["b3",[0,1]],["b4",[0,7]],["b5",[1,1]]]')
  })

  test('a device that is not known has none', () => {
    expect(createSeenSequences().record(a)).toBeUndefined()
  })

  test.each([
    '',
    'null',
    '{}',
    '[1]',
    '[["b"]]',
    '[["b",[1]]]',
    '[["b",[2,1]]]',
    '[[1,[1,2]]]',
    '[["b",["1","2"]]]',
  ])('the damaged record %j adds nothing', (record) => {
    const seen = createSeenSequences()
    seen.restore(a, record)
    expect(seen.size).toBe(0)
  })
})

describe('what is missing', () => {
  test('is counted between the lowest and the highest, over all devices, and filled', () => {
    const seen = createSeenSequences()
    for (const seq of [5, 8, 10]) seen.note(a, 'b1', seq)
    seen.note(id('b'), 'b1', 100)
    seen.note(id('b'), 'b1', 102)
    expect(seen.missing).toBe(4)
    seen.note(a, 'b1', 9)
    expect(seen.missing).toBe(3)
  })

  test('goes with its device, and comes back with its record', () => {
    const seen = createSeenSequences({ maxDevices: 1 })
    for (const seq of [5, 8]) seen.note(a, 'b1', seq)
    const record = seen.record(a) ?? ''
    seen.note(id('b'), 'b1', 1)
    expect(seen.missing).toBe(0)
    seen.restore(a, record)
    expect(seen.missing).toBe(2)
  })

  test('does not count numbers that came and were forgotten', () => {
    const seen = createSeenSequences({ maxRanges: 2 })
    for (const seq of [1, 3, 4, 6]) seen.note(a, 'b1', seq)
    expect(seen.missing).toBe(2)
  })
})

describe('the state of a device', () => {
  test('is that of the boot used last', () => {
    const seen = createSeenSequences()
    for (const seq of [1, 2, 5]) seen.note(a, 'b1', seq)
    expect(seen.state(a)).toMatchObject({ boot: 'b1', contiguous: 2, highest: 5, missing: 2 })
    seen.note(a, 'b2', 1)
    expect(seen.state(a)).toMatchObject({ boot: 'b2', contiguous: 1 })
    expect(seen.state(id('z'))).toBeUndefined()
  })

  test('claims nothing of what was forgotten, and is whole when that has come again', () => {
    const seen = createSeenSequences({ maxRanges: 2 })
    for (const seq of [1, 3, 5]) seen.note(a, 'b1', seq)
    expect(seen.state(a)).toMatchObject({
      contiguous: 1,
      highest: 5,
      missing: 2,
      gaps: [
        [2, 3],
        [4, 4],
      ],
    })
    seen.note(a, 'b1', 2)
    expect(seen.state(a)).toMatchObject({
      contiguous: 2,
      gaps: [
        [3, 3],
        [4, 4],
      ],
    })
    seen.note(a, 'b1', 3)
    seen.note(a, 'b1', 4)
    expect(seen.state(a)).toMatchObject({ contiguous: 5, highest: 5, missing: 0, gaps: [] })
  })
})
