/**
 * One client with one request at a time, on a bare socket: what a board is, at the least cost for the generator.
 *
 * A fresh connection is closed by the client as soon as the answer is whole, as the sketch does: a FIN, since
 * nothing is left unread. A reset would spare the TIME_WAIT, but make every connection end in an error on the
 * server. Ports do not run out: Linux takes a port of loopback anew after a second in TIME_WAIT
 * (net.ipv4.tcp_tw_reuse = 2, its default) when connect() chooses it, so 28,000 ports last for 28,000 connections
 * a second; a bound local address would have the port chosen before that is known.
 */
import { connect, type Socket } from 'node:net'
import type { Address } from '../../jobs.ts'
import { type Answer, parseAnswer } from './http-answer.ts'

/** Called once a request: `failure` is undefined when the whole answer came, with status 200. `answer` is valid until it returns. */
export type Done = (failure: string | undefined, answer?: Answer) => void

export interface Client {
  /** Must not be called before the former request is done. */
  ask(request: Uint8Array, done: Done): void
  /** Ends what is under way; it failed for `reason`. */
  giveUp(reason: string): void
  close(): void
}

export interface ClientOptions {
  readonly address: Address
  readonly keepOpen: boolean
  /** Where the socket is read into. All clients of a process share one: each read is used up before the next. */
  readonly readInto: Uint8Array
}

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : error.message)

export const createReadBuffer = (): Uint8Array => Buffer.allocUnsafeSlow(65_536)

export const createClient = ({ address, keepOpen, readInto }: ClientOptions): Client => {
  let socket: Socket | undefined
  let pending: Done | undefined
  let rest: Buffer | undefined

  const close = (): void => {
    const old = socket
    socket = undefined
    old?.destroy()
  }
  const settle = (failure: string | undefined, answer?: Answer): void => {
    const done = pending
    pending = undefined
    rest = undefined
    if (!keepOpen || failure !== undefined) close()
    done?.(failure, answer)
  }
  const take = (bytes: Buffer): void => {
    const all = rest === undefined ? bytes : Buffer.concat([rest, bytes])
    const answer = parseAnswer(all)
    if (answer === undefined) rest = rest === undefined ? Buffer.from(bytes) : all
    else settle(answer.status === 200 ? undefined : `status ${answer.status}`, answer)
  }
  const open = (): Socket => {
    const callback = (length: number, bytes: Uint8Array): boolean => {
      if (socket === mine) take(Buffer.from(bytes.buffer, bytes.byteOffset, length))
      return true
    }
    const mine = connect({ ...address, onread: { buffer: readInto, callback } })
    mine.on('error', (error) => {
      if (socket === mine) settle(codeOf(error))
    })
    mine.on('close', () => {
      if (socket !== mine) return
      socket = undefined
      settle('closed without a whole answer')
    })
    return mine
  }

  return {
    ask: (request, done) => {
      pending = done
      socket ??= open()
      socket.write(request)
    },
    giveUp: (reason) => settle(reason),
    close,
  }
}
