/**
 * The spool without a database (USEDB=false): readings stay in it, newest first to be kept. At nine tenths of
 * its bound the oldest rows make room; each is counted.
 */
import { entryEnd } from '../core/entry-end.ts'
import type { BridgeEmitter } from '../events.ts'
import type { SpoolStore } from '../ports.ts'
import type { Ledger } from './ledger.ts'

export interface SpoolRing {
  /** Looks whether room has to be made; cheap when not. */
  notify(): void
  /** Waits for a look under way. */
  stop(): Promise<void>
}

const START_SHARE = 0.9
const STOP_SHARE = 0.8
const STEP_BYTES = 8 * 1024 * 1024
const RETRY_MS = 1_000

/** A ring of at most `maxBytes` in this spool. */
export const createSpoolRing = (
  {
    spool,
    ledger,
    events,
  }: {
    readonly spool: Pick<SpoolStore, 'read' | 'trim' | 'bytes'>
    readonly ledger: Pick<Ledger, 'madeRoom'>
    readonly events: BridgeEmitter
  },
  { maxBytes }: { readonly maxBytes: number },
): SpoolRing => {
  let running: Promise<void> | undefined
  let retry: NodeJS.Timeout | undefined
  let stopped = false

  const makeRoom = async (): Promise<void> => {
    while (spool.bytes > maxBytes * STOP_SHARE) {
      const oldest = await spool.read(0, Math.min(STEP_BYTES, maxBytes * (START_SHARE - STOP_SHARE)))
      const last = oldest.at(-1)
      if (last === undefined) return
      await spool.trim(entryEnd(last))
      ledger.madeRoom(last.row + last.readingRows + last.deadRows)
      const count = oldest.reduce((rows, entry) => rows + entry.readingRows + entry.deadRows, 0)
      events.emit('message:dropped', { reason: 'store-off-full', count })
    }
  }

  /** A spool that is full takes no more rows, so none will come to make it look again. */
  const failed = (error: Error): void => {
    events.emit('bridge:error', { error, where: 'making room in the spool' })
    if (!stopped) retry = setTimeout(notify, RETRY_MS).unref()
  }

  const notify = (): void => {
    if (running !== undefined || spool.bytes < maxBytes * START_SHARE) return
    clearTimeout(retry)
    running = makeRoom()
      .catch(failed)
      .finally(() => {
        running = undefined
      })
  }

  return {
    notify,
    stop: async () => {
      stopped = true
      clearTimeout(retry)
      await running
    },
  }
}
