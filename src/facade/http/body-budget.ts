/**
 * What the bodies of all requests may take of memory together. Each has a bound of its own, but hundreds at a time,
 * 20 to 50 MiB each, would end the process. What counts is what has arrived, not what was announced: whoever only
 * announces holds nothing. A body that would go over is refused before it is read where its length is known, else as
 * soon as there is no more room; its sender comes again.
 */
import type { IncomingMessage } from 'node:http'

/** A body up to this size costs no more than the connection it comes by, and is not counted. */
export const FREE_BYTES = 16_384

/** As many bodies as may be are in memory; the request may come again. */
export class NoRoomError extends Error {
  readonly statusCode = 503

  constructor() {
    super('no room for another body')
    this.name = 'NoRoomError'
  }
}

/** What one request holds. */
export interface BodyAccount {
  /** Counts bytes that are to be kept. Throws NoRoomError; what was counted is given back then. */
  take(bytes: number): void
  /** Nothing of the body is kept any more. */
  release(): void
}

export interface BodyBudget {
  /** Throws NoRoomError when a body of this size would not find room now. */
  admit(bytes: number): void
  /** The account of a request; the same one until it is released. */
  accountOf(request: IncomingMessage): BodyAccount
  /** The request is answered: what it held is free. */
  release(request: IncomingMessage): void
  /** Bytes held now. */
  readonly heldBytes: number
  /** Bodies refused since the start. */
  readonly refused: number
}

/** @param maxBytes - bound of all bodies together */
export const createBodyBudget = (maxBytes: number): BodyBudget => {
  const accounts = new Map<IncomingMessage, BodyAccount>()
  let heldBytes = 0
  let refused = 0

  const admit = (bytes: number): void => {
    if (bytes <= FREE_BYTES || heldBytes + bytes <= maxBytes) return
    refused += 1
    throw new NoRoomError()
  }

  const open = (request: IncomingMessage): BodyAccount => {
    let own = 0
    const release = (): void => {
      if (own > FREE_BYTES) heldBytes -= own
      own = 0
      accounts.delete(request)
    }
    const count = (after: number): void => {
      const before = own > FREE_BYTES ? own : 0
      if (heldBytes - before + after > maxBytes) {
        release()
        refused += 1
        throw new NoRoomError()
      }
      heldBytes += after - before
      if (before === 0) accounts.set(request, account)
    }
    const account: BodyAccount = {
      take: (bytes) => {
        const after = own + bytes
        if (after > FREE_BYTES) count(after)
        own = after
      },
      release,
    }
    return account
  }

  return {
    admit,
    accountOf: (request) => accounts.get(request) ?? open(request),
    release: (request) => {
      if (accounts.size > 0) accounts.get(request)?.release()
    },
    get heldBytes() {
      return heldBytes
    },
    get refused() {
      return refused
    },
  }
}
