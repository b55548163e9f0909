import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { BridgeError } from '../../../../bridge/core/errors.ts'
import { batchOf } from '../../../contracts/sink-rows.ts'
import { createDeferred, settled } from '../../../support/deferred.ts'
import { advance, createDrainRig, SPOOL, useStillTime } from './drain-rig.ts'
import { heard, seqsOf } from './spooled.ts'

const away = (): BridgeError => new BridgeError('STORE_UNAVAILABLE', 'the sink is away')

beforeEach(useStillTime)
afterEach(() => {
  jest.useRealTimers()
})

describe('the drain', () => {
  test('stores what it finds in the spool at its start, told of it or not', async () => {
    const rig = createDrainRig()
    await rig.put(3, { deadRows: 2 })
    await rig.put(2)
    rig.drain.start()
    await advance(0)
    expect(seqsOf(rig.stored.readings)).toEqual([0, 1, 2, 3, 4])
    expect(rig.stored.deadLetters).toHaveLength(2)
    expect(rig.drain.position).toBe(7)
    await rig.drain.stop(0)
  })

  test('goes on from the cursor of the sink, in the middle of an entry', async () => {
    const rig = createDrainRig()
    await rig.put(3, { deadRows: 2 })
    await rig.stored.store(batchOf(SPOOL, 0, 2))
    rig.drain.start()
    await advance(0)
    expect(seqsOf(rig.stored.readings)).toEqual([2])
    expect(rig.stored.deadLetters).toHaveLength(2)
    await rig.drain.stop(0)
  })

  test('goes on in the middle of the dead letters of an entry', async () => {
    const rig = createDrainRig()
    await rig.put(3, { deadRows: 2 })
    await rig.stored.store(batchOf(SPOOL, 0, 4))
    rig.drain.start()
    await advance(0)
    expect(rig.stored.readings).toEqual([])
    expect(rig.stored.deadLetters).toHaveLength(1)
    expect(rig.drain.position).toBe(5)
    await rig.drain.stop(0)
  })

  test('a lone row waits its time, no longer', async () => {
    const rig = createDrainRig({ maxAgeMs: 200 })
    rig.drain.start()
    await advance(700)
    await rig.add(1)
    await advance(199)
    expect(rig.stored.readings).toHaveLength(0)
    await advance(1)
    expect(rig.stored.readings).toHaveLength(1)
    await rig.drain.stop(0)
  })

  test('enough rows wake it at once', async () => {
    const rig = createDrainRig({ maxRows: 10 })
    rig.drain.start()
    await advance(0)
    await rig.add(9)
    await advance(0)
    expect(rig.stored.readings).toHaveLength(0)
    await rig.add(1)
    await advance(0)
    expect(rig.stored.readings).toHaveLength(10)
    await rig.drain.stop(0)
  })

  test('enough bytes wake it at once', async () => {
    const rig = createDrainRig({ maxBytes: 150 })
    rig.drain.start()
    await advance(0)
    await rig.add(1)
    await advance(0)
    expect(rig.stored.readings).toHaveLength(0)
    await rig.add(2)
    await advance(0)
    expect(rig.stored.readings).toHaveLength(3)
    await rig.drain.stop(0)
  })

  test('rows told of while a batch is under way are stored after it, without another word', async () => {
    const rig = createDrainRig({ maxAgeMs: 200 })
    const gate = createDeferred()
    rig.drain.start()
    await advance(0)
    rig.faults.beforeStore = () => gate.promise
    await rig.add(1)
    await advance(200)
    expect(rig.batches).toHaveLength(1)
    await rig.add(1)
    gate.resolve()
    await advance(200)
    expect(seqsOf(rig.stored.readings)).toEqual([0, 1])
    await rig.drain.stop(0)
  })

  test('a row that came while a batch was under way waits from then on, not from the first row of all', async () => {
    const rig = createDrainRig({ maxAgeMs: 200 })
    const gate = createDeferred()
    rig.drain.start()
    await advance(0)
    rig.faults.beforeStore = () => gate.promise
    await rig.add(1)
    await advance(250)
    await rig.add(1)
    gate.resolve()
    await advance(100)
    expect(rig.stored.readings).toHaveLength(1)
    await advance(100)
    expect(rig.stored.readings).toHaveLength(2)
    await rig.drain.stop(0)
  })

  test('a row told of in any microtask after a batch is stored in its time', async () => {
    for (let ticks = 0; ticks < 30; ticks += 1) {
      const rig = createDrainRig({ maxAgeMs: 200 })
      rig.drain.start()
      await advance(0)
      rig.faults.afterStore = async () => {
        rig.faults.afterStore = async () => {}
        let later = Promise.resolve()
        for (let tick = 0; tick < ticks; tick += 1) later = later.then(() => undefined)
        void later.then(() => rig.add(1))
      }
      await rig.add(1)
      await advance(401)
      expect({ ticks, stored: rig.stored.readings.length }).toEqual({ ticks, stored: 2 })
      await rig.drain.stop(0)
    }
  })

  test('a batch carries about the bytes it may, and the rest follows at once', async () => {
    const rig = createDrainRig({ batchBytes: 100 })
    for (let entry = 0; entry < 5; entry += 1) await rig.put(4)
    rig.drain.start()
    await advance(0)
    expect(rig.batches.map(({ from, to }) => [from, to])).toEqual([
      [0, 4],
      [4, 8],
      [8, 12],
      [12, 16],
      [16, 20],
    ])
    await rig.drain.stop(0)
  })

  test('tells what it stored and what still waits', async () => {
    const rig = createDrainRig()
    const stored = heard(rig.events, 'drain:stored')
    rig.drain.start()
    await advance(0)
    await rig.add(2, { deadRows: 1 })
    expect(rig.drain.waiting).toBe(3)
    await advance(200)
    expect(stored).toMatchObject([{ readings: 2, deadLetters: 1, waiting: 0 }])
    expect(rig.drain.waiting).toBe(0)
    await rig.drain.stop(0)
  })

  test('forgets in the spool what the sink has, and no more than that', async () => {
    const rig = createDrainRig()
    rig.drain.start()
    await advance(0)
    await rig.add(2)
    await advance(400)
    // One step behind: a start after a crash finds the newest readings there.
    expect(rig.spool.written).toHaveLength(1)
    await advance(2_000)
    expect(rig.spool.written).toEqual([])
    rig.stored.setAvailable(false)
    await rig.add(2)
    await advance(5_000)
    expect(rig.spool.written).toHaveLength(1)
    await rig.drain.stop(0)
  })
})

describe('under a steady load', () => {
  /** Batches in one second of 20 rows every 4 ms, into a sink that takes as long for each batch. */
  const batchesOf = async (rig: ReturnType<typeof createDrainRig>): Promise<number> => {
    const batchesAfter = async (steps: number): Promise<number> => {
      for (let step = 0; step < steps; step += 1) {
        await rig.add(20)
        await advance(4)
      }
      return rig.batches.length
    }
    const before = await batchesAfter(100)
    const taken = (await batchesAfter(250)) - before
    expect(rig.drain.waiting).toBeLessThan(1_200)
    await advance(1_000)
    expect(seqsOf(rig.stored.readings)).toEqual(seqsOf(rig.spooled))
    await rig.drain.stop(0)
    return taken
  }
  const createSlowRig = () => {
    const rig = createDrainRig()
    rig.faults.beforeStore = () => new Promise((resolve) => setTimeout(resolve, 5))
    return rig
  }

  test('a batch gathers for its 200 ms, after a backlog was found at the start too', async () => {
    const rig = createSlowRig()
    for (let entry = 0; entry < 50; entry += 1) await rig.put(100)
    rig.drain.start()
    expect(await batchesOf(rig)).toBeLessThan(8)
  })

  test('a batch gathers for its 200 ms, after a lost answer too', async () => {
    const rig = createSlowRig()
    rig.drain.start()
    await advance(1)
    rig.stored.loseNextAnswer()
    await rig.add(8_000)
    expect(await batchesOf(rig)).toBeLessThan(8)
  })
})

describe('rows that are missing from the spool', () => {
  test('are counted as lost, and those behind them are stored', async () => {
    const rig = createDrainRig()
    const damaged = heard(rig.events, 'spool:damaged')
    const dropped = heard(rig.events, 'message:dropped')
    await rig.put(2)
    rig.lose(5)
    await rig.put(1)
    rig.drain.start()
    await advance(0)
    expect(seqsOf(rig.stored.readings)).toEqual([0, 1, 2])
    expect(damaged).toMatchObject([{ lostRows: 5 }])
    expect(dropped).toEqual([{ reason: 'spool-damaged', count: 5 }])
    await rig.drain.stop(0)
  })

  test('are not said to be missing when they became durable while the spool was read', async () => {
    const rig = createDrainRig()
    const damaged = heard(rig.events, 'spool:damaged')
    await rig.put(1)
    rig.drain.start()
    await advance(300)
    expect(rig.stored.readings).toHaveLength(1)
    const { read } = rig.spool
    rig.spool.read = async (offset, maxBytes) => {
      rig.spool.read = read
      const found = await read(offset, maxBytes)
      await rig.add(1)
      return found
    }
    // Nothing is told: the drain looks, as it does when rows came that it has already.
    rig.drain.notify(1, 1, 0)
    await advance(2_000)
    expect(damaged).toEqual([])
    expect(seqsOf(rig.stored.readings)).toEqual([0, 1])
    await rig.drain.stop(0)
  })

  test('are counted once, however often the batch behind them is tried', async () => {
    const rig = createDrainRig()
    const damaged = heard(rig.events, 'spool:damaged')
    await rig.put(2)
    rig.lose(5)
    await rig.put(1)
    let attempts = 0
    rig.faults.beforeStore = async () => {
      attempts += 1
      if (attempts < 4) throw away()
    }
    rig.drain.start()
    await advance(1_000)
    expect(attempts).toBe(4)
    expect(damaged).toMatchObject([{ lostRows: 5 }])
    await rig.drain.stop(0)
  })

  test('are not said to be missing where offsets were never given out', async () => {
    const rig = createDrainRig()
    const damaged = heard(rig.events, 'spool:damaged')
    rig.drain.start()
    await advance(0)
    await rig.add(2)
    await advance(1_200)
    const [readings, deadLetters] = [Buffer.from(''), Buffer.from('')]
    await rig.spool.append({
      offset: 900,
      previousEnd: 2,
      row: 2,
      readingRows: 0,
      deadRows: 0,
      readings,
      deadLetters,
    })
    rig.drain.notify(1, 1)
    await advance(200)
    expect(rig.drain.position).toBe(900)
    expect(damaged).toEqual([])
    await rig.drain.stop(0)
  })
})

describe('a sink that fails', () => {
  test('is tried again after a while, told of once back, and gets each row once', async () => {
    const rig = createDrainRig()
    const failed = heard(rig.events, 'drain:failed')
    const recovered = heard(rig.events, 'drain:recovered')
    rig.drain.start()
    await advance(0)
    rig.stored.setAvailable(false)
    await rig.add(3)
    await advance(1_000)
    expect(failed.length).toBeGreaterThan(1)
    expect(recovered).toHaveLength(0)
    rig.stored.setAvailable(true)
    await advance(5_000)
    expect(seqsOf(rig.stored.readings)).toEqual([0, 1, 2])
    expect(recovered).toHaveLength(1)
    await rig.drain.stop(0)
  })

  test('has not recovered while it tells its cursor and stores nothing', async () => {
    const rig = createDrainRig()
    const failed = heard(rig.events, 'drain:failed')
    const recovered = heard(rig.events, 'drain:recovered')
    rig.faults.beforeStore = () => Promise.reject(away())
    await rig.put(1)
    rig.drain.start()
    await advance(3_000)
    expect(failed.length).toBeGreaterThan(3)
    expect(recovered).toEqual([])
    rig.faults.beforeStore = async () => {}
    await advance(5_000)
    expect(recovered).toHaveLength(1)
    expect(rig.stored.readings).toHaveLength(1)
    await rig.drain.stop(0)
  })

  test('is not asked more often because rows come in', async () => {
    const rig = createDrainRig({ maxRows: 10 })
    let asked = 0
    rig.faults.beforeCursor = async () => {
      asked += 1
      throw away()
    }
    rig.drain.start()
    await advance(0)
    for (let row = 0; row < 100; row += 1) await rig.add(1)
    await advance(50)
    expect(asked).toBe(1)
    await rig.drain.stop(0)
  })

  test('and lost its answer does not get the rows twice', async () => {
    const rig = createDrainRig()
    await rig.put(3)
    rig.stored.loseNextAnswer()
    rig.drain.start()
    await advance(1_000)
    expect(seqsOf(rig.stored.readings)).toEqual([0, 1, 2])
    expect(rig.drain.position).toBe(3)
    await rig.drain.stop(0)
  })

  test('and comes back with an older cursor gets all rows behind that one, without another word', async () => {
    const rig = createDrainRig({ batchBytes: 2_000 })
    rig.drain.start()
    await advance(0)
    for (const rows of [1, 100, 100]) {
      await rig.add(rows)
      await advance(200)
    }
    expect(rig.drain.position).toBe(201)
    rig.faults.beforeStore = async () => {
      rig.faults.beforeStore = async () => {}
      rig.goBackTo(1)
      throw away()
    }
    await rig.add(3)
    await advance(2_000)
    expect(seqsOf(rig.stored.readings).slice(201)).toEqual(seqsOf(rig.spooled).slice(1))
    await rig.drain.stop(0)
  })

  test('and has its cursor moved by somebody else is asked for it again', async () => {
    const rig = createDrainRig()
    rig.drain.start()
    await advance(0)
    await rig.add(2)
    await advance(200)
    await rig.stored.store(batchOf(SPOOL, 2, 3))
    await rig.add(2)
    await advance(1_000)
    expect(seqsOf(rig.stored.readings)).toEqual([0, 1, 3])
    await rig.drain.stop(0)
  })
})

describe('stopping the drain', () => {
  test('stores what is left', async () => {
    const rig = createDrainRig({ maxAgeMs: 10_000, batchBytes: 1 })
    rig.drain.start()
    await advance(0)
    for (let entry = 0; entry < 4; entry += 1) await rig.add(1)
    const stopping = rig.drain.stop(1_000)
    await advance(0)
    await stopping
    expect(rig.stored.readings).toHaveLength(4)
    expect(rig.spool.written).toEqual([])
  })

  test('gives up at once when the sink fails, and what is left stays', async () => {
    const rig = createDrainRig()
    rig.drain.start()
    await advance(0)
    await rig.add(2)
    rig.stored.setAvailable(false)
    const stopping = rig.drain.stop(60_000)
    await settled()
    await stopping
    expect(rig.spool.written).toHaveLength(1)
  })

  test('does not wait out the pause after a failure', async () => {
    const rig = createDrainRig()
    rig.stored.setAvailable(false)
    await rig.put(2)
    rig.drain.start()
    await advance(0)
    const stopping = rig.drain.stop(60_000)
    await settled()
    await stopping
    expect(rig.stored.readings).toEqual([])
  })

  test('takes no new batch after its deadline', async () => {
    const rig = createDrainRig({ batchBytes: 1 })
    rig.faults.afterStore = async () => {
      jest.setSystemTime(Date.now() + 400)
    }
    rig.drain.start()
    await advance(0)
    for (let entry = 0; entry < 10; entry += 1) await rig.add(1)
    const stopping = rig.drain.stop(1_000)
    await settled()
    await stopping
    expect(rig.stored.readings).toHaveLength(3)
    expect(rig.spool.written).toHaveLength(7)
  })

  test('of one that never started is at once', async () => {
    await expect(createDrainRig().drain.stop(1_000)).resolves.toBeUndefined()
  })
})
