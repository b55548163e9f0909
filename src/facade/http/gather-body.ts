/** Reads a body whole, within the bound of its route and the budget of all bodies. */
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { RequestError } from '../errors.ts'
import { type BodyAccount, type BodyBudget, FREE_BYTES } from './body-budget.ts'

/** A sender that is silent for so long in the middle of its body is given up, so that it holds no memory. */
const SILENT_MS = 15_000
/** Pieces put together at a time: each costs about 200 bytes beside its own, and a sender may make them of one. */
const PIECES = 1_000

/** Pieces of a body, kept at little more than their size. */
const createPieces = () => {
  const whole: Buffer[] = []
  let loose: Buffer[] = []
  return {
    add: (piece: Buffer): void => {
      loose.push(piece)
      if (loose.length < PIECES) return
      whole.push(Buffer.concat(loose))
      loose = []
    },
    clear: (): void => {
      whole.length = 0
      loose = []
    },
    /** A copy: the pieces are views of what the connection reads into. */
    join: (): Buffer => Buffer.concat([...whole, ...loose]),
  }
}

interface Bounds {
  readonly maxBytes: number
  readonly silentMs?: number
}

/** Bytes a request says it will send; 0 when it does not say. */
export const announcedBytes = ({ headers }: IncomingMessage): number => Number(headers['content-length'] ?? 0)

/**
 * Rejects with RequestError (400: the sender has gone, 408: it is silent, 413) or NoRoomError; nothing is kept then.
 * The body is counted until the budget is told that the request is answered.
 */
export const gatherBody = async (
  request: IncomingMessage,
  budget: BodyBudget,
  { maxBytes, silentMs = SILENT_MS }: Bounds,
): Promise<Buffer> => {
  const announced = announcedBytes(request)
  if (announced > maxBytes) throw new RequestError(413)
  budget.admit(announced)
  // Its sender went while hooks ran: nothing more will be heard of it.
  if (request.destroyed) throw new RequestError(400)
  const account = budget.accountOf(request)
  const pieces = createPieces()
  let bytes = 0
  let silence: NodeJS.Timeout | undefined
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      clearTimeout(silence)
      request.off('data', take).off('end', end).off('error', broken).off('close', broken)
    }
    const fail = (error: unknown): void => {
      leave()
      account.release()
      reject(error)
    }
    const take = (piece: Buffer): void => {
      bytes += piece.length
      if (bytes > maxBytes) return fail(new RequestError(413))
      try {
        account.take(piece.length)
      } catch (error) {
        return fail(error)
      }
      pieces.add(piece)
      if (bytes <= FREE_BYTES) return
      silence = silence?.refresh() ?? setTimeout(() => fail(new RequestError(408)), silentMs)
    }
    const end = (): void => {
      leave()
      resolve(pieces.join())
    }
    const broken = (): void => fail(new RequestError(400))
    request.on('data', take).on('end', end).on('error', broken).on('close', broken)
  })
}

/** A file of a form. All of it is read, also when there is no room for it, so that its sender sees the answer. */
export const gatherFile = async (
  file: Readable,
  account: BodyAccount,
  silentMs: number = SILENT_MS,
): Promise<Buffer> => {
  const pieces = createPieces()
  let noRoom: unknown
  const silence = setTimeout(() => file.destroy(new RequestError(408)), silentMs)
  try {
    for await (const piece of file) {
      silence.refresh()
      if (noRoom !== undefined) continue
      try {
        account.take(piece.length)
        pieces.add(piece)
      } catch (error) {
        noRoom = error
        pieces.clear()
      }
    }
  } finally {
    clearTimeout(silence)
  }
  if (noRoom !== undefined) throw noRoom
  return pieces.join()
}
