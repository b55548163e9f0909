import { expect, test } from '@jest/globals'
import { createGate } from '../../../../src/access/gate.ts'
import { createDeferred, settled } from '../../../support/deferred.ts'

test('as many as it lets through run at once, the others in the order they came', async () => {
  const gate = createGate({ atOnce: 2, maxWaiting: 10 })
  const begun: number[] = []
  const works = Array.from({ length: 4 }, () => createDeferred<string>())
  const results = works.map(({ promise }, index) =>
    gate.run(() => {
      begun.push(index)
      return promise
    }),
  )
  expect(begun).toEqual([0, 1])
  expect(gate.waiting).toBe(2)
  works[1]?.resolve('b')
  await settled()
  expect(begun).toEqual([0, 1, 2])
  works[0]?.resolve('a')
  works[2]?.resolve('c')
  works[3]?.resolve('d')
  expect(await Promise.all(results)).toEqual(['a', 'b', 'c', 'd'])
  expect(gate.waiting).toBe(0)
})

test('work that fails, also at once, makes room as well', async () => {
  const gate = createGate({ atOnce: 1, maxWaiting: 10 })
  const failing = gate.run(() => Promise.reject(new Error('failed')))
  const throwing = gate.run(() => {
    throw new Error('thrown')
  })
  const last = gate.run(async () => 'done')
  await expect(failing).rejects.toThrow('failed')
  await expect(throwing).rejects.toThrow('thrown')
  expect(await last).toBe('done')
})

test('who finds the queue full is told at once, and nothing of theirs runs', async () => {
  const gate = createGate({ atOnce: 1, maxWaiting: 1 })
  const { promise, resolve } = createDeferred()
  const running = gate.run(() => promise)
  const waiting = gate.run(async () => 'waited')
  expect(gate.run(() => Promise.reject(new Error('must not run')))).toBeUndefined()
  resolve()
  await running
  expect(await waiting).toBe('waited')
})

/** A gate that runs one at a time, and whose turns are told by name. */
const lanes = (options: { readonly maxWaiting: number; readonly maxWaitingPerLane?: number }) => {
  const gate = createGate({ atOnce: 1, ...options })
  const { promise, resolve } = createDeferred()
  const turns: string[] = []
  const first = gate.run(() => promise, 'first')
  const enter = (lane: string, name = lane): Promise<string> | undefined =>
    gate.run(async () => {
      turns.push(name)
      return name
    }, lane)
  const open = async (): Promise<void> => {
    resolve()
    await first
    await settled()
  }
  return { gate, turns, enter, open }
}

test('lanes take turns, however much waits in one of them', async () => {
  const { turns, enter, open } = lanes({ maxWaiting: 100 })
  for (let n = 0; n < 50; n += 1) void enter('flood')
  const honest = [enter('a', 'a1'), enter('a', 'a2'), enter('b')]
  await open()
  await Promise.all(honest)
  expect(turns.slice(0, 5)).toEqual(['flood', 'a1', 'b', 'flood', 'a2'])
})

test('a lane that is full keeps no other from waiting', async () => {
  const { gate, enter, open } = lanes({ maxWaiting: 10, maxWaitingPerLane: 2 })
  void enter('flood')
  void enter('flood')
  expect(enter('flood')).toBeUndefined()
  const honest = enter('a')
  expect(gate.waiting).toBe(3)
  await open()
  expect(await honest).toBe('a')
})

test('when all is full, the newest of the longest lane makes room; where all are as long, nobody does', async () => {
  const { gate, turns, enter, open } = lanes({ maxWaiting: 3 })
  const flood = ['f1', 'f2', 'f3'].map((name) => enter('flood', name))
  const honest = enter('a')
  await expect(flood[2]).rejects.toThrow('room')
  expect(enter('a')).toBeUndefined()
  const other = enter('b')
  await expect(flood[1]).rejects.toThrow('room')
  expect(enter('c')).toBeUndefined()
  expect(gate.waiting).toBe(3)
  await open()
  expect(await Promise.all([flood[0], honest, other])).toEqual(['f1', 'a', 'b'])
  expect(turns).toEqual(['f1', 'a', 'b'])
  expect(gate.waiting).toBe(0)
})

test('who gives up leaves the line at once, and makes room for one more', async () => {
  const gate = createGate({ atOnce: 1, maxWaiting: 2, maxWaitingPerLane: 2 })
  const { promise, resolve } = createDeferred()
  void gate.run(() => promise, 'first')
  const controller = new AbortController()
  const begun: string[] = []
  const enter = (name: string, signal?: AbortSignal) =>
    gate.run(async () => void begun.push(name), 'a', signal)
  const gone = enter('gone', controller.signal)
  const patient = enter('patient')
  expect(enter('one too many')).toBeUndefined()
  controller.abort()
  await expect(gone).rejects.toThrow('given up')
  expect(gate.waiting).toBe(1)
  const late = enter('late')
  resolve()
  await Promise.all([patient, late])
  expect(begun).toEqual(['patient', 'late'])
})

test('who gives up when it has begun, or is done, takes no place from others', async () => {
  const gate = createGate({ atOnce: 1, maxWaiting: 5 })
  const controller = new AbortController()
  const { promise, resolve } = createDeferred<string>()
  const running = gate.run(() => promise, 'a', controller.signal)
  const second = gate.run(async () => 'second', 'a', controller.signal)
  const third = gate.run(async () => 'third', 'a')
  resolve('first')
  expect(await running).toBe('first')
  expect(await second).toBe('second')
  controller.abort()
  expect(await third).toBe('third')
  expect(gate.waiting).toBe(0)
})
