import { describe, expect, test } from '@jest/globals'
import { explain, fits, lookIn } from '../../support/replay-table.ts'

const answer = {
  status: 200,
  headers: { vary: 'Origin' },
  body: { success: false, devices: [{ deviceId: 'min-1', status: 'online' }] },
  events: [{ type: 'new_frame', url: '/data/x' }],
}

const explained = (
  line: { at: string; ours: unknown; on?: string | RegExp },
  path: string,
  ours: unknown,
) => {
  const table = [{ on: 'an exchange', says: '2', ...line }]
  const found = [{ path, recorded: 1, ours }]
  return explain(table, { name: 'an exchange', found, look: lookIn(answer) }).unexplained.length === 0
}

describe('a line of the table', () => {
  test('explains the path it names when what we answer is what it says', () => {
    expect(explained({ at: 'status', ours: 200 }, 'status', 200)).toBe(true)
    expect(explained({ at: 'status', ours: 200 }, 'status', 500)).toBe(false)
    expect(explained({ at: 'header vary', ours: 'Origin' }, 'header vary', 'Origin')).toBe(true)
    expect(explained({ at: 'body.gone', ours: undefined }, 'body.gone', undefined)).toBe(true)
  })

  test('explains nothing beside that path', () => {
    expect(explained({ at: 'body.succ', ours: false }, 'body.success', false)).toBe(false)
    expect(explained({ at: 'body.success', ours: false }, 'body.error', false)).toBe(false)
    expect(explained({ on: 'another', at: 'status', ours: 200 }, 'status', 200)).toBe(false)
  })

  test('explains what lies below its path by the whole value there', () => {
    const device = { deviceId: 'min-1', status: 'online' }
    const path = 'body.devices[min-1].status'
    expect(explained({ at: 'body.devices[min-1]', ours: device }, path, 'online')).toBe(true)
    expect(explained({ at: 'body.devices[min-1]', ours: { deviceId: 'min-1' } }, path, 'online')).toBe(false)
    expect(explained({ at: 'ws.new_frame', ours: answer.events[0] }, 'ws.new_frame.url', '/data/x')).toBe(
      true,
    )
  })

  test('may stand for any id and for many exchanges', () => {
    const line = { on: /^an ex/, at: 'body.devices[*].status', ours: 'online' }
    expect(explained(line, 'body.devices[min-1].status', 'online')).toBe(true)
    expect(explained(line, 'body.devices[min-1].name', 'online')).toBe(false)
  })

  test('that no difference needed is not among the used ones', () => {
    const line = { on: /./, at: 'status', ours: 400, says: '2' }
    const { used } = explain([line], { name: 'an exchange', found: [], look: lookIn(answer) })
    expect(used).toEqual([])
  })
})

test('a value fits a pattern of equal values and of predicates, with the same keys', () => {
  expect(fits({ a: 1, b: [2, 'x'] }, { a: Number.isInteger, b: [2, 'x'] })).toBe(true)
  expect(fits({ a: 1, b: 2 }, { a: 1 })).toBe(false)
  expect(fits({ a: 1 }, { a: 1, b: undefined })).toBe(false)
  expect(fits(null, { a: 1 })).toBe(false)
  expect(fits('1', 1)).toBe(false)
})
