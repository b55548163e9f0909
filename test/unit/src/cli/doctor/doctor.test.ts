import { describe, expect, test } from '@jest/globals'
import { carriesTag, createArrivals } from '../../../../../src/cli/doctor/arrivals.ts'
import { hopLine } from '../../../../../src/cli/doctor/doctor.ts'
import { readHealth } from '../../../../../src/cli/doctor/health.ts'
import {
  failWith,
  type Hop,
  HopFailure,
  HopSkipped,
  TimeUp,
  tryHop,
} from '../../../../../src/cli/doctor/hop.ts'
import { clockHop, versionHop } from '../../../../../src/cli/doctor/machine-hops.ts'
import { sluice } from '../../../../support/cli.ts'

const still = (): number => 0
const hop = (run: Hop['run'], rest: Partial<Hop> = {}): Hop => ({
  name: 'hop',
  run,
  onError: failWith('mend it'),
  ...rest,
})

describe('a hop', () => {
  test('that works tells what was found, and how long it took', async () => {
    expect(
      await tryHop(
        hop(async () => 'here'),
        still,
      ),
    ).toEqual({ hop: 'hop', status: 'ok', ms: 0, detail: 'here' })
    const found = { detail: 'here', ms: 12.345 }
    expect(
      await tryHop(
        hop(async () => found),
        still,
      ),
    ).toMatchObject({ ms: 12.3, detail: 'here' })
  })

  test('that fails says what to do', async () => {
    const failing = hop(async () => {
      throw new Error('broken')
    })
    expect(await tryHop(failing, still)).toMatchObject({
      status: 'failed',
      detail: 'broken',
      advice: 'mend it',
    })
    const knowing = hop(async () => {
      throw new HopFailure('full', 'make room')
    })
    expect(await tryHop(knowing, still)).toMatchObject({
      status: 'failed',
      detail: 'full',
      advice: 'make room',
    })
  })

  test('that cannot be tried is no failure', async () => {
    const skipped = hop(async () => {
      throw new HopSkipped('nobody asked')
    })
    expect(await tryHop(skipped, still)).toEqual({
      hop: 'hop',
      status: 'skipped',
      ms: null,
      detail: 'nobody asked',
    })
  })

  test('ends with its time, and tells what runs that it has', async () => {
    let aborted = false
    const hanging = hop(
      (signal) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            aborted = true
          })
        }),
      { timeoutMs: 20, onError: (error) => new HopFailure(String(error instanceof TimeUp), 'wait') },
    )
    expect(await tryHop(hanging, still)).toMatchObject({ status: 'failed', detail: 'true' })
    expect(aborted).toBe(true)
  })

  test('is one line, with what to do below it, and nothing that moves the cursor', () => {
    expect(
      hopLine({ hop: 'TCP port', status: 'failed', ms: 1.84, detail: 'no\u001b[2J', advice: 'start it' }),
    ).toBe('failed   TCP port                1.8 ms  no\\u{1b}[2J\n         → start it\n')
    expect(hopLine({ hop: 'Redis', status: 'skipped', ms: null, detail: 'none' })).toBe(
      `skipped  Redis${' '.repeat(27)}none\n`,
    )
  })
})

describe('what is looked at', () => {
  const health = (timestamp: number) => {
    const found = readHealth({ parts: {}, timestamp, degraded: [], backendVersion: '1.0.0' })
    if (found === undefined) throw new Error('not read')
    return found
  }

  test('the clock of the server may differ by two seconds, and by as much as its answer took', async () => {
    const look = (timestamp: number, to: number) =>
      tryHop(clockHop(health(timestamp), { from: 0, to }), still)
    expect(await look(2_000, 0)).toMatchObject({
      status: 'ok',
      detail: expect.stringContaining('2000 ms ahead of'),
    })
    expect(await look(-2_001, 0)).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('behind'),
    })
    expect(await look(3_000, 2_000)).toMatchObject({ status: 'ok' })
  })

  test('another version is told, and no fault', async () => {
    expect(await tryHop(versionHop(health(0), '1.1.0'), still)).toMatchObject({
      status: 'ok',
      detail: 'Sluice 1.0.0 there, 1.1.0 here',
    })
  })

  test('an answer that is not of Sluice is not taken for its health', () => {
    for (const body of [undefined, null, 'ok', {}, { parts: {} }, { timestamp: 1 }])
      expect(readHealth(body)).toBeUndefined()
  })

  test('only what carries the tag has arrived, and an arrival before anybody waits is not missed', async () => {
    expect(carriesTag('{"custom":{"doctor":"x"}}', 'x')).toBe(true)
    for (const text of ['{"custom":{"doctor":"y"}}', '{"custom":null}', 'x', 'null', '{"doctor":"x"}'])
      expect(carriesTag(text, 'x')).toBe(false)
    const arrivals = createArrivals()
    arrivals.arrived()
    expect(await arrivals.first).toEqual(expect.any(Number))
  })
})

describe('sluice doctor', () => {
  test.each([
    ['--url ftp://a', '--url must be http://host:port'],
    ['--url http://me:secret@a', '--url must be'],
    ['--mqtt http://a', '--mqtt must be mqtt://host:port'],
    ['--mqtt mqtt://me:secret@a', '--mqtt must be'],
    ['--password x', 'a password needs --user'],
    ['now', 'what is "now"'],
  ])('%s is not understood', async (line, said) => {
    const { code, err } = await sluice(['doctor', ...line.split(' ')])
    expect(err).toContain(said)
    expect(err).not.toContain('secret@')
    expect(code).toBe(2)
  })
})
