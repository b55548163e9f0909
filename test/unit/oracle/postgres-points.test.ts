import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { createPostgresPoints, type Tap, type WirePoint } from '../../oracle/postgres-points.ts'

const message = (type: string, body: string | Buffer): Buffer => {
  const content = Buffer.from(body)
  const head = Buffer.alloc(4)
  head.writeInt32BE(4 + content.length)
  return Buffer.concat([Buffer.from(type, 'latin1'), head, content])
}
const query = (sql: string): Buffer => message('Q', `${sql}\0`)
const complete = (tag: string): Buffer => message('C', `${tag}\0`)

const STARTUP = message('', Buffer.from([0, 3, 0, 0, 0]))
const ROWS = message('d', 'a\t1\nb\t2\nc\t3\nd\t4\n')
const HALF_OF_ROWS = message('d', 'a\t1\nb\t2\n')
const BEFORE_ROWS = [STARTUP, query('BEGIN'), query('COPY sensor_data (a, b) FROM STDIN')]
const BEFORE_COMMIT = [...BEFORE_ROWS, ROWS, message('c', '')]
const TRANSACTION = [...BEFORE_COMMIT, query('COMMIT')]

/** A tap in front of which one point is armed, and how often that was hit. */
const armed = (point: WirePoint, after = 1) => {
  const points = createPostgresPoints()
  let hits = 0
  points.arm(point, after, () => {
    hits += 1
  })
  const tap = (): Tap => {
    const made = points.tap()
    if (made === undefined) throw new Error('nothing is armed')
    return made
  }
  return { points, tap, hits: () => hits }
}

const fromClient = (tap: Tap, messages: readonly Buffer[]): Buffer =>
  Buffer.concat(messages.map((each) => tap.fromClient(each)))

test('while nothing is armed a connection is not read at all', () => {
  const points = createPostgresPoints()
  expect(points.tap()).toBeUndefined()
  points.arm('in-copy', 1, () => {})
  expect(points.tap()).toBeDefined()
  points.disarm()
  expect(points.tap()).toBeUndefined()
})

test('in-copy lets the first half of the rows through, and nothing after them', async () => {
  const { tap, hits } = armed('in-copy')
  const link = tap()
  expect(fromClient(link, TRANSACTION)).toEqual(Buffer.concat([...BEFORE_ROWS, HALF_OF_ROWS]))
  expect(link.fromServer(complete('BEGIN'))).toHaveLength(0)
  await turn()
  expect(hits()).toBe(1)
})

test('before-commit lets every row through, and not the COMMIT', async () => {
  const { tap, hits } = armed('before-commit')
  expect(fromClient(tap(), TRANSACTION)).toEqual(Buffer.concat(BEFORE_COMMIT))
  await turn()
  expect(hits()).toBe(1)
})

test('after-commit lets the COMMIT through, and not its answer', async () => {
  const { tap, hits } = armed('after-commit')
  const link = tap()
  expect(fromClient(link, TRANSACTION)).toEqual(Buffer.concat(TRANSACTION))
  await turn()
  expect(hits()).toBe(0)
  expect(link.fromServer(Buffer.concat([complete('COMMIT'), message('Z', 'I')]))).toHaveLength(0)
  await turn()
  expect(hits()).toBe(1)
})

test('a COMMIT that Postgres answers with ROLLBACK is no commit', async () => {
  const { tap, hits } = armed('after-commit')
  const link = tap()
  fromClient(link, TRANSACTION)
  expect(link.fromServer(complete('ROLLBACK'))).toEqual(complete('ROLLBACK'))
  await turn()
  expect(hits()).toBe(0)
})

test('a COMMIT of a transaction without a COPY does not count', () => {
  const { tap } = armed('before-commit')
  const link = tap()
  const other = [STARTUP, query('BEGIN'), query('UPDATE devices SET status = 1'), query('COMMIT')]
  expect(fromClient(link, other)).toEqual(Buffer.concat(other))
  expect(fromClient(link, TRANSACTION.slice(1))).toEqual(Buffer.concat(BEFORE_COMMIT.slice(1)))
})

test('the time that counts is counted over all connections, and hits once', async () => {
  const { tap, hits } = armed('before-commit', 3)
  const [first, second] = [tap(), tap()]
  expect(fromClient(first, TRANSACTION)).toEqual(Buffer.concat(TRANSACTION))
  expect(fromClient(second, TRANSACTION)).toEqual(Buffer.concat(TRANSACTION))
  expect(fromClient(first, TRANSACTION.slice(1))).toEqual(Buffer.concat(BEFORE_COMMIT.slice(1)))
  expect(fromClient(second, TRANSACTION.slice(1))).toEqual(Buffer.concat(TRANSACTION.slice(1)))
  await turn()
  expect(hits()).toBe(1)
})

test('it does not matter how the bytes are cut', () => {
  const { tap } = armed('in-copy')
  const link = tap()
  const bytes = [...Buffer.concat(TRANSACTION)].map((byte) => Buffer.from([byte]))
  expect(fromClient(link, bytes)).toEqual(Buffer.concat([...BEFORE_ROWS, HALF_OF_ROWS]))
})
