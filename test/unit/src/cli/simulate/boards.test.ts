import { describe, expect, test } from '@jest/globals'
import { decodeText, FRAME_LIMITS, parseDeviceId, refuseFrame } from '../../../../../bridge/core/index.ts'
import type { Board } from '../../../../../src/cli/simulate/board.ts'
import { createClimate } from '../../../../../src/cli/simulate/climate.ts'
import { makeBoards } from '../../../../../src/cli/simulate/make-boards.ts'
import { buzzerAckOf } from '../../../../../src/cli/simulate/messages.ts'
import { createCameraPictures } from '../../../../../src/cli/simulate/picture.ts'
import { createRandom } from '../../../../../src/cli/simulate/random.ts'

const NOON = Date.UTC(2026, 5, 1, 12)
const NONE = { sensor: 0, camera: 0, faulty: 0, clockless: 0 }

const boardsOf = (counts: Partial<typeof NONE>, seed = 1): readonly Board[] =>
  makeBoards({ counts: { ...NONE, ...counts }, seed, prefix: 'sim-' }, NOON)

const only = (board: Board | undefined): Board => {
  if (board === undefined) throw new Error('no board')
  return board
}

/** What the board says in so many turns, a second apart. */
const say = (board: Board, turns: number): readonly string[] =>
  Array.from({ length: turns }, (_, index) => board.turn(NOON + index * 1_000)).flatMap(({ messages }) =>
    messages.map(({ payload }) => String(payload)),
  )

const decode = (board: Board, text: string) => {
  const deviceId = parseDeviceId(board.id)
  if (deviceId === undefined) throw new Error(`${board.id} is no device id`)
  return decodeText(text, { deviceId, receivedAt: NOON })
}

describe('a simulated board', () => {
  test('has an id of its own, in order, and the same life for the same seed', () => {
    const boards = boardsOf({ sensor: 12, camera: 1, faulty: 2, clockless: 1 })
    expect(boards.map(({ id }) => id)).toEqual([
      ...Array.from({ length: 12 }, (_, index) => `sim-${String(index + 1).padStart(2, '0')}`),
      ...['sim-camera-1', 'sim-faulty-1', 'sim-faulty-2', 'sim-clockless-1'],
    ])
    const lives = (seed: number) =>
      boardsOf({ sensor: 3, faulty: 2, clockless: 1 }, seed).map((each) => say(each, 40))
    expect(lives(5)).toEqual(lives(5))
    expect(lives(5)).not.toEqual(lives(6))
  })

  test('counts its readings from 1, with its clock and its uptime', () => {
    const board = only(boardsOf({ sensor: 1 })[0])
    const readings = say(board, 30).map((text) => JSON.parse(text))
    expect(readings.map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
    expect(new Set(readings.map(({ boot }) => boot)).size).toBe(1)
    expect(readings.map(({ ts }) => ts - NOON)).toEqual(
      Array.from({ length: 30 }, (_, index) => index * 1_000),
    )
    for (const text of say(board, 5)) expect(decode(board, text)).toMatchObject({ ok: true })
  })

  test('without a clock says its uptime only, loses no number, and sends what it kept as an array', () => {
    const board = only(boardsOf({ clockless: 1 })[0])
    const bodies = say(board, 500).map((text) => JSON.parse(text))
    const readings = bodies.flat()
    expect(bodies.some((body) => Array.isArray(body) && body.length >= 5)).toBe(true)
    expect(readings.every((reading) => !('ts' in reading) && reading.up > 0)).toBe(true)
    expect(readings.map(({ seq }) => seq)).toEqual(readings.map((_, index) => index + 1))
    expect(bodies.filter((body) => !decode(board, JSON.stringify(body)).ok)).toEqual([])
  })

  test('that is faulty is refused for many reasons, leaves gaps, drops its connection, and is right in between', () => {
    const boards = boardsOf({ faulty: 4 })
    const reasons = new Set<string>()
    let [taken, drops] = [0, 0]
    for (const board of boards)
      for (let index = 0; index < 300; index++) {
        const { messages, drops: isDrop } = board.turn(NOON + index * 1_000)
        if (isDrop === true) drops += 1
        for (const { payload } of messages) {
          const decoded = decode(board, String(payload))
          if (decoded.ok) taken += 1
          else reasons.add(decoded.rejection.reason)
        }
      }
    expect([...reasons].sort()).toEqual(['bad-json', 'bad-shape', 'bad-value', 'wrong-device-id'])
    expect(taken).toBeGreaterThan(600)
    expect(taken).toBeLessThan(900)
    expect(drops).toBeGreaterThan(5)
  })

  test('answers a command with its id, and a plain one with nothing', () => {
    expect(buzzerAckOf('sim-1', '{"requestId":"7","action":"beep"}')).toEqual({
      topic: 'buzzer/sim-1/ack',
      payload: '{"requestId":"7"}',
    })
    expect(buzzerAckOf('sim-1', 'ON').payload).toBe('')
    expect(buzzerAckOf('sim-1', 'null').payload).toBe('')
  })
})

describe('a simulated camera', () => {
  test('sends whole JPEGs that are large enough, and not always the same', () => {
    const pictures = createCameraPictures()
    const jpegs = [0, 1_000, 2_000].map((now) => pictures(now, 0))
    for (const jpeg of jpegs) expect(refuseFrame(jpeg, { ...FRAME_LIMITS, whole: true })).toBeUndefined()
    expect(Buffer.compare(jpegs[0] ?? Buffer.of(), jpegs[1] ?? Buffer.of())).not.toBe(0)
    expect(pictures(0, 0)).toBe(pictures(12_000, 0))
  })
})

describe('simulated values', () => {
  test('stay within what sensors show, and move slowly', () => {
    const climate = createClimate(4, createRandom(7))
    const minutes = Array.from({ length: 900 }, (_, second) => climate.at(NOON + second * 1_000))
    const temperatures = minutes.map(({ temperature = Number.NaN }) => temperature)
    const steps = temperatures.slice(1).map((value, at) => Math.abs(value - (temperatures[at] ?? Number.NaN)))
    expect(Math.max(...steps)).toBeLessThan(1)
    expect(temperatures.filter((value) => !/^-?\d+(\.\d)?$/.test(String(value)))).toEqual([])
    const humidities = minutes.map(({ humidity = Number.NaN }) => humidity)
    expect([Math.min(...humidities) >= 5, Math.max(...humidities) <= 100]).toEqual([true, true])
    expect(minutes.every(({ lightLevel }) => Number.isInteger(lightLevel))).toBe(true)
  })

  test('are higher in the afternoon than at night', () => {
    const mean = (hour: number): number => {
      const values = Array.from({ length: 200 }, (_, index) =>
        createClimate(1, createRandom(index)).at(Date.UTC(2026, 5, 1, hour)),
      )
      return values.reduce((sum, { temperature }) => sum + (temperature ?? 0), 0) / values.length
    }
    expect(mean(15) - mean(3)).toBeGreaterThan(3)
  })
})
