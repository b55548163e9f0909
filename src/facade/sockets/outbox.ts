/**
 * Gathers messages for all sockets, so that each socket is written to once for many of them: what a write
 * costs is the system call, whatever its length. The first message after a pause goes out in the same turn of
 * the event loop; what follows within `gatherMs` goes out together. With nothing to gather for (0 ms) a message is
 * written before `add` returns, which is before the request that caused it is answered, as the contract has it.
 */
import { deflatedFrames, plainFrames } from './frame.ts'

/** Messages framed for every socket alike; each form is made when the first socket asks for it. */
export interface Batch {
  readonly messages: number
  plain(): Buffer
  /** For sockets that take permessage-deflate. */
  deflated(): Buffer
}

export interface OutboxOptions {
  /** Shortest time between two batches, in ms. */
  readonly gatherMs: () => number
  /** A batch of this size does not wait. */
  readonly maxBatchBytes: number
  /** Messages of this size and more are compressed. */
  readonly deflateFromBytes: number
}

export interface Outbox {
  add(message: string): void
  /** Sends what has gathered now. */
  flush(): void
  /** Forgets what has gathered. */
  clear(): void
}

/** One batch; what it holds does not change any more. */
export const createBatch = (payloads: readonly Buffer[], deflateFromBytes: number): Batch => {
  let plain: Buffer | undefined
  let deflated: Buffer | undefined
  const batch: Batch = {
    messages: payloads.length,
    plain: () => {
      plain ??= plainFrames(payloads)
      return plain
    },
    deflated: () => {
      deflated ??= payloads.some(({ length }) => length >= deflateFromBytes)
        ? deflatedFrames(payloads, deflateFromBytes)
        : batch.plain()
      return deflated
    },
  }
  return batch
}

export const createOutbox = (options: OutboxOptions, deliver: (batch: Batch) => void): Outbox => {
  let payloads: Buffer[] = []
  let bytes = 0
  let soon: NodeJS.Immediate | undefined
  let pause: NodeJS.Timeout | undefined

  const clear = (): void => {
    clearImmediate(soon)
    soon = undefined
    payloads = []
    bytes = 0
  }
  const endOfPause = (): void => {
    pause = undefined
    flush()
  }
  const flush = (): void => {
    const gathered = payloads
    clear()
    if (gathered.length === 0) return
    const gatherMs = options.gatherMs()
    if (gatherMs > 0) pause ??= setTimeout(endOfPause, gatherMs).unref()
    deliver(createBatch(gathered, options.deflateFromBytes))
  }

  return {
    add: (message) => {
      const payload = Buffer.from(message)
      payloads.push(payload)
      bytes += payload.length
      if (bytes >= options.maxBatchBytes || (pause === undefined && options.gatherMs() === 0)) flush()
      else if (pause === undefined) soon ??= setImmediate(flush)
    },
    flush,
    clear,
  }
}
