import { Readable } from 'node:stream'
import { expect, test } from '@jest/globals'
import { BridgeError, type ExportQuery, type RangeQuery } from '../../../bridge/index.ts'
import { createHistoryFigures } from '../../../src/history-figures.ts'
import { eventually } from '../../support/eventually.ts'

const query = {} as RangeQuery & ExportQuery
const never = new AbortController().signal

const figuresOf = (read: () => Promise<never>, open: () => Promise<Readable> = () => Promise.reject()) => {
  const logged: unknown[] = []
  const limited = { write: (line: unknown) => void logged.push(line) }
  const figures = createHistoryFigures(
    { ranges: { read }, exports: { open, running: 2 } },
    limited as unknown as Parameters<typeof createHistoryFigures>[1],
  )
  return { figures, logged }
}

test.each([
  ['BUSY', 'busy'],
  ['TIMEOUT', 'timeout'],
  ['STORE_UNAVAILABLE', 'unavailable'],
] as const)('a question that fails with %s counts as %s and is told to the log', async (code, result) => {
  const { figures, logged } = figuresOf(() => Promise.reject(new BridgeError(code, 'x')))
  await expect(figures.ranges.read(query)).rejects.toMatchObject({ code })
  expect(figures.counts().answers[result]).toBe(1)
  expect(logged).toMatchObject([{ fields: { why: result } }])
})

test('a question whose client hung up counts as gone, and is no line in the log', async () => {
  const { figures, logged } = figuresOf(() => Promise.reject(new BridgeError('STOPPING', 'x')))
  await expect(figures.ranges.read(query, AbortSignal.abort())).rejects.toMatchObject({ code: 'STOPPING' })
  expect([figures.counts().answers.gone, logged]).toEqual([1, []])
})

const endOf = {
  whole: (stream: Readable): void => void stream.resume(),
  gone: (stream: Readable): void => void stream.destroy(),
  failed: (stream: Readable): void => {
    stream.on('error', () => {})
    stream.destroy(new Error('x'))
  },
}

test.each(['whole', 'gone', 'failed'] as const)('an export that ends %s counts as that', async (result) => {
  const stream = Readable.from(['row'])
  const { figures, logged } = figuresOf(
    () => Promise.reject(),
    async () => stream,
  )
  await figures.exports?.open(query, never)
  endOf[result](stream)
  await eventually(() => figures.counts().exports[result] === 1)
  expect([figures.counts().running, logged.length]).toEqual([2, result === 'failed' ? 1 : 0])
})
