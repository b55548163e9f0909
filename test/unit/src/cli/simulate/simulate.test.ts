import { describe, expect, test } from '@jest/globals'
import type { Board } from '../../../../../src/cli/simulate/board.ts'
import { createFleet } from '../../../../../src/cli/simulate/fleet.ts'
import type { LinkEvents } from '../../../../../src/cli/simulate/link.ts'
import { makeBoards } from '../../../../../src/cli/simulate/make-boards.ts'
import { elapsedText, progressLine, summaryText } from '../../../../../src/cli/simulate/progress.ts'
import { createSchedule } from '../../../../../src/cli/simulate/schedule.ts'
import { sluice } from '../../../../support/cli.ts'

describe('the schedule', () => {
  const take = (schedule: ReturnType<typeof createSchedule>, now: number): readonly number[] => {
    const turns: number[] = []
    schedule.take(now, (index) => turns.push(index))
    return turns
  }

  test('gives each board its turn once in a period, evenly spread', () => {
    const schedule = createSchedule({ boards: 10, rate: 1, startMs: 500 })
    expect(take(schedule, 500)).toEqual([])
    for (let turn = 0; turn < 25; turn++) expect(take(schedule, 600 + turn * 100)).toEqual([turn % 10])
  })

  test('takes fractions of a turn a second', () => {
    const schedule = createSchedule({ boards: 1, rate: 0.1, startMs: 0 })
    expect(take(schedule, 9_999)).toEqual([])
    expect(take(schedule, 10_000)).toEqual([0])
  })

  test('leaves out what was missed in a long hold-up, and says how many', () => {
    const schedule = createSchedule({ boards: 4, rate: 10, startMs: 0 })
    let turns = 0
    expect(schedule.take(10_000, () => turns++)).toBe(360)
    expect(turns).toBe(40)
  })

  test('of no boards has no turns', () => {
    expect(take(createSchedule({ boards: 0, rate: 1, startMs: 0 }), 60_000)).toEqual([])
  })
})

describe('the fleet', () => {
  test('that cannot make its first connection says why, and opens no other', async () => {
    const boards = makeBoards(
      { counts: { sensor: 3, camera: 0, faulty: 0, clockless: 0 }, seed: 1, prefix: 'a' },
      0,
    )
    const opened: string[] = []
    const open = (board: Board, on: LinkEvents) => {
      opened.push(board.id)
      queueMicrotask(() => on.failed(new Error('no')))
      return {
        connected: false,
        unacked: 0,
        publish: () => {},
        drop: () => {},
        end: async () => {},
        kill: () => {},
      }
    }
    const fleet = createFleet(boards, { open, now: () => 0, monotonic: () => 0 }, { rate: 1 })
    await expect(fleet.start()).rejects.toThrow('no')
    await fleet.stop()
    expect(opened).toEqual(['a1'])
  })
})

describe('the progress', () => {
  const stats = {
    boards: 1_000,
    connected: 998,
    sent: 9,
    acked: 12_345,
    unacked: 2,
    refused: 3,
    held: 0,
    beeps: 1,
  }

  test('is one line with what is going on', () => {
    expect(progressLine(stats, 999.6, 65_000)).toBe(
      '998 of 1,000 boards connected  1,000 messages/s  12,345 acked  2 unacked  3 refused  1:05',
    )
    expect(elapsedText(7_205_000)).toBe('2:00:05')
  })

  test('ends with where the refused ones are', () => {
    expect(summaryText(stats, 1_000)).toContain('3 were refused: npx sluice dlq list shows them')
    expect(summaryText({ ...stats, refused: 0, beeps: 0 }, 1_000)).toBe(
      '1,000 boards, 0:01: 12,345 messages acked, 2 not\n',
    )
  })
})

describe('sluice simulate', () => {
  test.each([
    ['--boards 0', 'no board at all'],
    ['--boards x', '--boards "x" must be a whole number'],
    ['--boards 9000 --faulty 9000', 'too many'],
    ['--rate 0', '--rate "0" must be messages a second'],
    ['--for 5', '--for "5" must be how long'],
    ['--prefix a/b', '--prefix must be'],
    ['--host a:1', '--host "a:1" must be a host name'],
    ['--port 0', '--port "0" must be a port'],
    ['--user me', '--user me needs --password'],
    ['20', 'what is "20"'],
  ])('%s is not understood', async (line, said) => {
    const { code, err } = await sluice(['simulate', ...line.split(' ')])
    expect(err).toContain(said)
    expect(code).toBe(2)
  })

  test('asks before it writes into the data of another machine, and takes no answer for no', async () => {
    const line = ['simulate', '--host', 'hub.example']
    expect(await sluice(line)).toMatchObject({ code: 1, err: expect.stringContaining('say --yes') })
    expect(await sluice(line, { answer: '' })).toMatchObject({
      code: 1,
      err: expect.stringMatching(/mqtt:\/\/hub.example:1883 is another machine.*nothing was sent/s),
    })
  })
})
