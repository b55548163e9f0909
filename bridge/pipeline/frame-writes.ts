/**
 * Writes pictures to their store, a few at a time: its calls share a thread pool of four with the spool's fsync,
 * which every ack waits for. What waits is bounded in number and bytes; beyond that a picture is turned away, for
 * the next one of the same camera is worth more.
 */
import type { FrameStore } from '../ports.ts'

export interface FrameWritesLimits {
  /** Pictures written at the same time. */
  readonly maxWriting: number
  /** Pictures held in memory until they are written, those under way included, */
  readonly maxHeld: number
  /** and their bytes. */
  readonly maxHeldBytes: number
}

export interface FrameWrites {
  /** Resolves when the file can be read, throws what the store throws. Undefined: too many wait already. */
  write(filename: string, jpeg: Uint8Array): Promise<void> | undefined
  /** Resolves when nothing is held. */
  idle(): Promise<void>
  readonly held: number
  readonly heldBytes: number
}

interface Job {
  readonly filename: string
  readonly jpeg: Uint8Array
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export const createFrameWrites = (store: FrameStore, limits: FrameWritesLimits): FrameWrites => {
  const waiting: Job[] = []
  let idlers: (() => void)[] = []
  let writing = 0
  let held = 0
  let heldBytes = 0

  const settled = (jpeg: Uint8Array): void => {
    writing -= 1
    held -= 1
    heldBytes -= jpeg.byteLength
    next()
    if (held > 0) return
    for (const tell of idlers) tell()
    idlers = []
  }

  const next = (): void => {
    while (writing < limits.maxWriting) {
      const job = waiting.shift()
      if (job === undefined) return
      writing += 1
      store.write(job.filename, job.jpeg).then(
        () => {
          settled(job.jpeg)
          job.resolve()
        },
        (error: unknown) => {
          settled(job.jpeg)
          job.reject(error)
        },
      )
    }
  }

  return {
    write: (filename, jpeg) => {
      if (held >= limits.maxHeld || heldBytes + jpeg.byteLength > limits.maxHeldBytes) return undefined
      held += 1
      heldBytes += jpeg.byteLength
      return new Promise((resolve, reject) => {
        waiting.push({ filename, jpeg, resolve, reject })
        next()
      })
    },
    idle: () => (held === 0 ? Promise.resolve() : new Promise((resolve) => void idlers.push(resolve))),
    get held() {
      return held
    },
    get heldBytes() {
      return heldBytes
    },
  }
}
