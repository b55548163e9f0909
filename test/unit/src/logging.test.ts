import { describe, expect, test } from '@jest/globals'
import { createLog, decideLine, limitRate } from '../../../src/logging.ts'

/** A log whose lines are kept as parsed JSON. */
const capture = (level: 'info' | 'warn' = 'info') => {
  const raw: string[] = []
  const log = createLog({ level }, { write: (line: string) => void raw.push(line) })
  return { log, raw, lines: () => raw.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

describe('log lines', () => {
  test('a line is one JSON object with its level by name, an ISO time and the fields as given', () => {
    const { log, raw, lines } = capture()
    log.info({ http: 'http://127.0.0.1:3000', mqtt: 'mqtt://127.0.0.1:1883' }, 'listening')
    expect(raw[0]?.indexOf('\n')).toBe((raw[0]?.length ?? 0) - 1)
    expect(lines()[0]).toMatchObject({
      level: 'info',
      msg: 'listening',
      http: 'http://127.0.0.1:3000',
      mqtt: 'mqtt://127.0.0.1:1883',
    })
    expect(new Date(String(lines()[0]?.time)).toISOString()).toBe(lines()[0]?.time)
  })

  test('a line below the level is not written', () => {
    const { log, raw } = capture('warn')
    log.info('quiet')
    expect(raw).toEqual([])
  })

  test('secrets are hidden by the name of their field, at the depths that occur', () => {
    const { log, raw } = capture()
    log.info({ password: 'hunter2', a: { apiKey: 'hunter2' }, b: { c: { password: 'hunter2' } } }, 'm')
    log.info({ headers: { authorization: 'hunter2', 'x-api-key': 'hunter2' }, key: 'hunter2' }, 'm')
    expect(raw.join('')).not.toContain('hunter2')
  })

  test('passwords in URLs are hidden in fields, messages and error texts alike', () => {
    const { log, raw, lines } = capture()
    const url = 'postgres://me:hunter2@db/x'
    log.error({ url, err: new Error(`cannot reach ${url}`, { cause: new Error(url) }) }, `gave up on ${url}`)
    log.error(new Error('GET /api?apiKey=hunter2&x=1'))
    expect(raw.join('')).not.toContain('hunter2')
    expect(lines()[0]).toMatchObject({
      url: 'postgres://me:***@db/x',
      msg: 'gave up on postgres://me:***@db/x',
    })
  })
})

describe('the rate limit', () => {
  test('the first line of a key is written, later ones are counted until the time has passed', () => {
    const first = decideLine(undefined, 1000, 100)
    expect(first).toEqual({ write: true, suppressed: 0, state: { writtenAt: 1000, suppressed: 0 } })
    const second = decideLine(first.state, 1099, 100)
    expect(second).toEqual({ write: false, state: { writtenAt: 1000, suppressed: 1 } })
    expect(decideLine(second.state, 1100, 100)).toMatchObject({ write: true, suppressed: 1 })
  })

  test('a clock that was set back does not silence a key', () => {
    expect(decideLine({ writtenAt: 5000, suppressed: 2 }, 10, 100)).toMatchObject({
      write: true,
      suppressed: 2,
    })
  })

  test('keys do not share an allowance, and the next line says how many were held back', () => {
    const { log, lines } = capture()
    let now = 0
    const limited = limitRate(log, { perMs: 100, clock: () => now })
    for (let i = 0; i < 4; i++) limited.write({ key: 'a', level: 'warn', msg: `a${i}`, fields: { i } })
    limited.write({ key: 'b', level: 'warn', msg: 'b0' })
    now = 100
    limited.write({ key: 'a', level: 'warn', msg: 'a4' })
    expect(lines().map(({ msg, suppressed }) => [msg, suppressed])).toEqual([
      ['a0', undefined],
      ['b0', undefined],
      ['a4', 3],
    ])
  })

  test('flush tells what is still held back, once', () => {
    const { log, lines } = capture()
    const limited = limitRate(log, { perMs: 100, clock: () => 0 })
    for (let i = 0; i < 3; i++) limited.write({ key: 'a', level: 'error', msg: `a${i}` })
    limited.flush()
    limited.flush()
    expect(lines().map(({ msg, suppressed }) => [msg, suppressed])).toEqual([
      ['a0', undefined],
      ['a2', 2],
    ])
  })

  test('the number of keys in memory is bounded, and a forgotten key has its count written', () => {
    const { log, lines } = capture()
    const limited = limitRate(log, { perMs: 100, clock: () => 0 })
    limited.write({ key: 'old', level: 'warn', msg: 'old' })
    limited.write({ key: 'old', level: 'warn', msg: 'old' })
    for (let i = 0; i < 1000; i++) limited.write({ key: `k${i}`, level: 'warn', msg: 'new' })
    expect(lines().filter(({ msg }) => msg === 'old')).toEqual([
      expect.not.objectContaining({ suppressed: 1 }),
      expect.objectContaining({ suppressed: 1 }),
    ])
  })
})
