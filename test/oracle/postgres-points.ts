/**
 * The fail points between Sluice and Postgres, made on the wire: what was reached is exact, for nothing that
 * comes after the point is passed on, in either direction, on the connection that reached it.
 */
import { createPostgresMessages, type PostgresMessage } from './postgres-messages.ts'
import type { FailPointName } from './world.ts'

export const WIRE_POINTS = ['in-copy', 'before-commit', 'after-commit'] as const

export type WirePoint = (typeof WIRE_POINTS)[number]

export const isWirePoint = (name: FailPointName): name is WirePoint =>
  (WIRE_POINTS as readonly string[]).includes(name)

/** What passes of one connection; each returns the bytes that go on. */
export interface Tap {
  fromClient(chunk: Buffer): Buffer
  fromServer(chunk: Buffer): Buffer
}

export interface PostgresPoints {
  /**
   * Counts on connections that are made from now on. `hit` is called once, the `after`-th time (from 1) that any of
   * them comes to the point; what precedes the point is on its way by then.
   */
  arm(point: WirePoint, after: number, hit: () => void): void
  disarm(): void
  /** For a new connection; undefined when nothing is armed, and all passes. */
  tap(): Tap | undefined
}

interface Armed {
  readonly point: WirePoint
  /** True when this was the time that counts. */
  comesBy(): boolean
  readonly hit: () => void
}

const NEWLINE = 0x0a
const NOTHING = Buffer.alloc(0)

const queryOf = ({ type, body }: PostgresMessage): string | undefined => {
  if (type === 'Q') return body.toString('utf8', 0, body.length - 1).trim()
  if (type !== 'P') return undefined
  const name = body.indexOf(0) // Parse: the statement's name, then the query, each ended by a zero
  return body.toString('utf8', name + 1, body.indexOf(0, name + 1)).trim()
}

const isCommit = (message: PostgresMessage): boolean => /^commit;?$/i.test(queryOf(message) ?? '')

/** A CopyData message with the first half of the rows. */
const halfOf = ({ body }: PostgresMessage): Buffer => {
  const middle = body.lastIndexOf(NEWLINE, body.length >> 1)
  const rows = body.subarray(0, middle === -1 ? body.length >> 1 : middle + 1)
  const head = Buffer.from('d0000')
  head.writeInt32BE(4 + rows.length, 1)
  return Buffer.concat([head, rows])
}

const createTap = ({ point, comesBy, hit }: Armed): Tap => {
  const client = createPostgresMessages('client')
  const server = createPostgresMessages('server')
  let copying = false // the first CopyData of a COPY is still to come
  let copied = false // in this transaction
  let committing = false // the answer to a COMMIT is what is waited for
  let reached = false

  const reach = (): void => {
    reached = true
    setImmediate(hit) // once the bytes before the point are written
  }

  const toServer = (message: PostgresMessage): Buffer => {
    if (message.type === 'Q' && /^copy\b/i.test(queryOf(message) ?? '')) copying = true
    if (message.type === 'c') copied = true
    if (message.type === 'd' && copying) {
      copying = false
      if (point === 'in-copy' && comesBy()) {
        reach()
        return halfOf(message)
      }
    }
    if (copied && isCommit(message)) {
      copied = false
      if (point === 'before-commit' && comesBy()) {
        reach()
        return NOTHING
      }
      committing = point === 'after-commit' && comesBy()
    }
    return message.bytes
  }

  const toClient = (message: PostgresMessage): Buffer => {
    if (!committing || message.type !== 'C') return message.bytes
    committing = false
    // Postgres answers a COMMIT of a failed transaction with ROLLBACK.
    if (message.body.toString('latin1', 0, 6) !== 'COMMIT') return message.bytes
    reach()
    return NOTHING
  }

  const pass = (messages: readonly PostgresMessage[], each: (message: PostgresMessage) => Buffer): Buffer =>
    Buffer.concat(messages.map((message) => (reached ? NOTHING : each(message))))

  return {
    fromClient: (chunk) => pass(client.push(chunk), toServer),
    fromServer: (chunk) => pass(server.push(chunk), toClient),
  }
}

export const createPostgresPoints = (): PostgresPoints => {
  let armed: Armed | undefined
  return {
    arm: (point, after, hit) => {
      let times = 0
      let over = false
      armed = {
        point,
        comesBy: () => {
          times += 1
          return times === after
        },
        hit: () => {
          if (!over) hit()
          over = true
        },
      }
    },
    disarm: () => {
      armed = undefined
    },
    tap: () => armed && createTap(armed),
  }
}
