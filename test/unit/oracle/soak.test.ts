import { describe, expect, test } from '@jest/globals'
import { BOARD_KINDS, type BoardKind } from '../../oracle/boards/message.ts'
import type { Fault, FaultKind } from '../../oracle/fault.ts'
import type { KindCount, Outcome } from '../../oracle/outcome.ts'
import { parseSoakOptions } from '../../oracle/soak/options.ts'
import { failureLines, lineOf, type Played, tableOf } from '../../oracle/soak/report.ts'
import { seedsFrom, soak } from '../../oracle/soak/soak.ts'

const fault = (name: string, kind: FaultKind): Fault => {
  return { name, kind, lastsMs: 1_000, mayLose: false, run: async () => {} }
}

const FAULTS = [fault('kill-9', 'kill'), fault('kill-9-twice', 'kill'), fault('redis-kill', 'redis')]

const namesOf = (...args: readonly string[]) => parseSoakOptions(args, FAULTS)?.faults.map(({ name }) => name)

describe('the options of a soak', () => {
  test('say how long, from which seed, and with which faults', () => {
    expect(
      parseSoakOptions(['--minutes', '2.5', '--seed', '7', '--seconds', '9', '--only', 'redis'], FAULTS),
    ).toEqual({
      minutes: 2.5,
      schedules: null,
      seed: 7,
      lengthMs: 9_000,
      faults: [FAULTS[2]],
      narrowed: ' --seconds 9 --only redis',
      quiet: false,
    })
    expect(namesOf('--fault', 'kill-9,redis-kill')).toEqual(['kill-9', 'redis-kill'])
    expect(namesOf('--only', 'kill', '--fault', 'kill-9-twice')).toEqual(['kill-9-twice'])
  })

  test('without any play one schedule of everything', () => {
    expect(parseSoakOptions([], FAULTS)).toMatchObject({
      minutes: null,
      schedules: 1,
      seed: null,
      faults: FAULTS,
    })
    expect(parseSoakOptions(['--help'], FAULTS)).toBeUndefined()
  })

  test.each([
    [['--minutes', '0'], '--minutes must be a number above 0'],
    [['--seed=-1'], '--seed must be a whole number'],
    [['--seed', ''], '--seed must be a whole number'],
    [['--only', 'kil'], '--only knows kill, redis; given was kil'],
    [['--fault', 'kill'], '--fault knows kill-9'],
  ])('%j are refused: %s', (args, message) => {
    expect(() => parseSoakOptions(args, FAULTS)).toThrow(message)
  })
})

const byKind = Object.fromEntries(
  BOARD_KINDS.map((kind): [BoardKind, KindCount] => [kind, { boards: 1, sent: 100, acked: 90 }]),
) as Record<BoardKind, KindCount>

const outcome = (more: Partial<Outcome> = {}): Outcome => ({
  seed: 11,
  lengthMs: 15_000,
  seconds: 20,
  faults: [
    { name: 'kill-9', kind: 'kill', mayLose: false, fromMs: 0, toMs: 1, stake: null, error: null },
    { name: 'kill-9', kind: 'kill', mayLose: false, fromMs: 2, toMs: 3, stake: null, error: null },
  ],
  byKind,
  sent: 1_000,
  acked: 900,
  transmissions: 1_100,
  rows: 950,
  deduplicated: 50,
  deadLetters: 9,
  toldLosses: 3,
  uncountedLosses: 0,
  balance: null,
  errorsLogged: {},
  notes: [],
  problems: [],
  kept: null,
  ...more,
})

const passed: Played = { seed: 11, outcome: outcome() }
const failed: Played = {
  seed: 12,
  outcome: outcome({ seed: 12, problems: ['lost: x'], kept: '/kept/seed-12' }),
}
const crashed: Played = { seed: 13, crash: 'Error: no Postgres' }

describe('the report of a soak', () => {
  test('has a line for each schedule', () => {
    expect(lineOf(passed)).toBe(
      'seed 11: passed in 20 s; 2 faults; 900 acked, 950 rows, 50 deduplicated, 9 dead letters, 3 losses told',
    )
    expect(lineOf(failed)).toContain('seed 12: FAILED with 1 problems')
    expect(lineOf(crashed)).toBe('seed 13: FAILED, no verdict')
  })

  test('adds up, counts the faults by name, also those that were not played, and says how to repeat a failure', () => {
    const played = [passed, failed, crashed]
    const table = tableOf({ firstSeed: 11, seconds: 90, narrowed: ' --only kill', faults: FAULTS, played })
    expect(table).toContain('3 schedules in 1.5 min, the first with seed 11')
    for (const [label, value] of [
      ['schedules passed', '1'],
      ['schedules failed', '2'],
      ['readings acked', '1,800'],
      ['rows in Postgres', '1,900'],
      ['kill-9 +kill', '4'],
      ['redis-kill +redis', '0'],
      ['qos0 +200', 'never'],
      ['torn +200', '180'],
    ]) {
      expect(table).toMatch(new RegExp(`  ${label} +${value}\n`))
    }
    expect(table).toContain('npm run soak -- --schedules 1 --seed 12 --only kill')
    expect(table).toContain('lost: x')
    expect(table).toContain('files: /kept/seed-12')
    expect(table).toContain('Error: no Postgres')
  })

  test('shows the first of many problems, and how many more there are', () => {
    const problems = Array.from({ length: 40 }, (_, index) => `problem ${index}`)
    const lines = failureLines({ seed: 1, outcome: outcome({ problems }) }, '')
    expect(lines).toHaveLength(14)
    expect(lines.at(-1)).toContain('and 28 more')
    expect(failureLines(passed, '')).toEqual([])
  })
})

describe('a soak', () => {
  const quiet = {
    minutes: null,
    schedules: 3,
    seed: 5,
    lengthMs: null,
    faults: FAULTS,
    narrowed: '',
    quiet: true,
  }

  test('derives its seeds from the first, which is the one it was given', () => {
    const first = seedsFrom(5)
    const again = seedsFrom(5)
    const seeds = Array.from({ length: 20 }, () => first.next().value)
    expect(seeds[0]).toBe(5)
    expect(Array.from({ length: 20 }, () => again.next().value)).toEqual(seeds)
    expect(new Set(seeds).size).toBe(20)
  })

  test('counts a schedule that cannot even begin as failed, and goes on with the next', async () => {
    const said: string[] = []
    const deps = {
      say: (line: string) => void said.push(line),
      createWorld: () => Promise.reject(new Error('no world')),
      keepIn: '/nowhere',
      chance: () => 1,
      clock: () => 0,
    }
    const { played, firstSeed } = await soak(deps, quiet)
    expect(firstSeed).toBe(5)
    expect(played).toEqual(
      Array(3).fill({ seed: expect.any(Number), crash: expect.stringContaining('no world') }),
    )
    expect(said.join('\n')).toContain('no world')
  })

  test('begins no schedule when its time is up, or when it was interrupted', async () => {
    let now = 0
    let worlds = 0
    const deps = {
      say: () => {},
      createWorld: () => {
        worlds += 1
        now += 40_000
        return Promise.reject(new Error('no world'))
      },
      keepIn: '/nowhere',
      chance: () => 1,
      clock: () => now,
    }
    await soak(deps, { ...quiet, schedules: null, minutes: 1 })
    expect(worlds).toBe(2)
    await soak(deps, quiet, () => true)
    expect(worlds).toBe(2)
  })
})
