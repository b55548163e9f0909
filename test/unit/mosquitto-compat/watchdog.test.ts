import { beforeEach, describe, expect, test } from '@jest/globals'
import { createWatchdog, type Watchdog } from '../../../mosquitto-compat/watchdog.ts'

const OPTIONS = { pingEveryMs: 15, pingTimeoutMs: 10, probeEveryMs: 30, probeTimeoutMs: 20 }

let watchdog: Watchdog
let granted: boolean
beforeEach(() => {
  granted = true
  watchdog = createWatchdog(OPTIONS, 0, { probes: () => granted, token: () => 'me' })
})

/** What it wants at each of these moments, as words. */
const steps = (...moments: readonly number[]): readonly string[] =>
  moments.map((now) => {
    const step = watchdog.look(now, false)
    return step === undefined ? '-' : step.do === 'reconnect' ? `${step.what} ${step.afterMs}` : step.do
  })

describe('the watchdog', () => {
  test('pings at its interval, and gives a connection up that does not answer', () => {
    expect(steps(14, 15, 16, 24, 25)).toEqual(['-', 'ping', '-', '-', 'connection 10'])
  })

  test.each([
    [0.02, ['-', 'ping', '-', 'ping']],
    [1, ['-', '-', 'ping', '-']],
    [0, ['-', '-', 'ping', '-']],
  ])('pings twice in the time in which the broker wants to hear of us: %d s', (seconds, expected) => {
    watchdog.keepAlive(seconds)
    const told = [9, 10, 15, 20].flatMap((now) => {
      watchdog.heard()
      return steps(now)
    })
    expect(told).toEqual(expected)
  })

  test('takes any byte as an answer', () => {
    expect(steps(15)).toEqual(['ping'])
    watchdog.heard()
    expect(steps(26, 30)).toEqual(['-', 'ping'])
  })

  test('probes, and gives a subscription up on which nothing comes', () => {
    granted = true
    expect(steps(15)).toEqual(['ping'])
    watchdog.heard()
    expect(steps(30)).toEqual(['ping'])
    watchdog.heard()
    expect(steps(31)).toEqual(['probe'])
    expect(steps(46)).toEqual(['ping'])
    watchdog.heard()
    expect(steps(50, 51)).toEqual(['-', 'subscription 20'])
  })

  test('hears its own probe, and any other message, but no older probe', () => {
    const probe = (now: number): void => {
      for (let step = watchdog.look(now, false); step?.do !== 'probe'; step = watchdog.look(now, false))
        watchdog.heard()
    }
    probe(40)
    watchdog.message('of another start')
    expect(watchdog.look(60, false)).toMatchObject({ what: 'subscription' })
    watchdog.message('me')
    expect(watchdog.look(60, false)).not.toMatchObject({ do: 'reconnect' })
    probe(100)
    watchdog.message()
    watchdog.heard()
    expect(watchdog.look(125, false)).not.toMatchObject({ do: 'reconnect' })
  })

  test('without the right to hear itself never probes', () => {
    granted = false
    for (let now = 0; now < 200; now += 1) {
      expect(watchdog.look(now, false)?.do).not.toBe('probe')
      watchdog.heard()
    }
  })

  test('judges nothing while the broker waits for us, and goes on pinging', () => {
    const told = []
    for (let now = 0; now <= 100; now += 1) told.push(watchdog.look(now, true)?.do)
    expect(told.filter((step) => step !== undefined)).toEqual(Array.from({ length: 6 }, () => 'ping'))
  })
})
