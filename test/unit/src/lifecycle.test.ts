import { describe, expect, test } from '@jest/globals'
import { createLifecycle, type Part } from '../../../src/lifecycle.ts'
import { createDeferred, settled } from '../../support/deferred.ts'

const createRig = () => {
  const log: string[] = []
  const part = (name: string, given: Partial<Part> = {}): Part => ({
    name,
    start: async () => void log.push(`+${name}`),
    stop: async () => void log.push(`-${name}`),
    ...given,
  })
  return { log, part }
}

const fails = (message: string) => () => Promise.reject(new Error(message))

describe('a lifecycle', () => {
  test('starts its parts one after the other and stops them in reverse', async () => {
    const { log, part } = createRig()
    const slow = createDeferred()
    const lifecycle = createLifecycle([part('a', { start: () => slow.promise }), part('b'), part('c')])
    const starting = lifecycle.start()
    await settled()
    expect(log).toEqual([])
    slow.resolve()
    await starting
    await lifecycle.stop(1_000)
    expect(log).toEqual(['+b', '+c', '-c', '-b', '-a'])
  })

  test('starts once and stops once, whoever asks', async () => {
    const { log, part } = createRig()
    const lifecycle = createLifecycle([part('a')])
    await Promise.all([lifecycle.start(), lifecycle.start()])
    await Promise.all([lifecycle.stop(1_000), lifecycle.stop(1_000)])
    expect(log).toEqual(['+a', '-a'])
  })

  test('when a part fails to start, stops it and those before it, and says why', async () => {
    const { log, part } = createRig()
    const lifecycle = createLifecycle([
      part('a'),
      part('b', { start: fails('the port is taken') }),
      part('c'),
    ])
    await expect(lifecycle.start()).rejects.toThrow('the port is taken')
    expect(log).toEqual(['+a', '-b', '-a'])
    await lifecycle.stop(1_000)
    expect(log).toEqual(['+a', '-b', '-a'])
  })

  test('stops every part, whatever became of the others, and tells all that failed', async () => {
    const { log, part } = createRig()
    const lifecycle = createLifecycle([
      part('a', { stop: fails('a broke') }),
      part('b'),
      part('c', { stop: fails('c broke') }),
    ])
    await lifecycle.start()
    const failure = await lifecycle.stop(1_000).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(AggregateError)
    expect((failure as AggregateError).errors).toMatchObject([{ message: 'c broke' }, { message: 'a broke' }])
    expect(log).toEqual(['+a', '+b', '+c', '-b'])
  })

  test('gives up at its deadline and names the part that does not stop, with those behind it', async () => {
    const { log, part } = createRig()
    const never = createDeferred()
    const lifecycle = createLifecycle([part('a'), part('stuck', { stop: () => never.promise }), part('c')])
    await lifecycle.start()
    await expect(lifecycle.stop(20)).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/20 ms.*: a, stuck$/),
    })
    expect(log).toEqual(['+a', '+stuck', '+c', '-c'])
    never.resolve()
    await settled()
    expect(log.at(-1)).toBe('-a')
  })

  test('stopped while it starts, starts no further part and stops those it started', async () => {
    const { log, part } = createRig()
    const slow = createDeferred()
    const lifecycle = createLifecycle([part('a', { start: () => slow.promise }), part('b')])
    const starting = lifecycle.start()
    const stopping = lifecycle.stop(1_000)
    slow.resolve()
    await Promise.all([starting, stopping])
    expect(log).toEqual(['-a'])
  })

  test('stopped before it was started never starts', async () => {
    const { log, part } = createRig()
    const lifecycle = createLifecycle([part('a')])
    await lifecycle.stop(1_000)
    await lifecycle.start()
    expect(log).toEqual([])
  })

  test('needs neither a start nor a stop of a part', async () => {
    const lifecycle = createLifecycle([{ name: 'a' }, { name: 'b' }])
    await lifecycle.start()
    await expect(lifecycle.stop(1_000)).resolves.toBeUndefined()
  })
})
