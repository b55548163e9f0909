/**
 * Keeps the devices' sequence numbers beside the spool, and sees to it that rows go from the spool only when a
 * checkpoint knows them: else a resend after a crash would be stored again.
 */
import type { Checkpoint, SpoolStore } from '../ports.ts'
import type { Sequences } from './sequences.ts'

export interface CheckpointsDeps {
  readonly spool: SpoolStore
  readonly sequences: Sequences
  /** What is durable now, and the books of it; undefined before the start. */
  readonly now: () => Checkpoint | undefined
  readonly onTrimmed: () => void
}

export interface Checkpoints {
  /** Resolves when the sequence numbers of this moment are kept. Rejects with what the spool throws. */
  take(): Promise<void>
  /** The spool as its reader may use it: each trim takes a checkpoint first. */
  readonly trimmable: Pick<SpoolStore, 'read' | 'trim' | 'bytes'>
}

export const createCheckpoints = ({ spool, sequences, now, onTrimmed }: CheckpointsDeps): Checkpoints => {
  let taking = Promise.resolve()

  /** One after the other: a trim must not overtake a checkpoint that another caller has begun. */
  const take = (): Promise<void> => {
    const next = taking.then(async () => {
      const at = now()
      if (at !== undefined) await sequences.checkpoint(spool, at)
    })
    taking = next.catch(() => undefined)
    return next
  }

  return {
    take,
    trimmable: {
      read: spool.read,
      trim: async (offset) => {
        await take()
        await spool.trim(offset)
        onTrimmed()
      },
      get bytes() {
        return spool.bytes
      },
    },
  }
}
