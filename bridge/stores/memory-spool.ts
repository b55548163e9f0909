/**
 * The spool in memory: for tests of the pipeline, and the contract's baseline. It can be told to fail, or
 * to wait before a write is durable.
 */
import { entryEnd } from '../core/entry-end.ts'
import { BridgeError } from '../core/errors.ts'
import type { DeviceId } from '../core/reading.ts'
import type { SpoolEntry, SpoolStore } from '../ports.ts'
import { storedBytes } from './spool-codec.ts'

export interface MemorySpool extends SpoolStore {
  /** While set, every append awaits this first: a slow disk; a rejection is a failing one. */
  beforeAppend: (() => Promise<void>) | undefined
  readonly written: readonly SpoolEntry[]
}

/** An empty spool that forgets everything with the process. */
export const createMemorySpool = (spoolId = 'memory'): MemorySpool => {
  let entries: SpoolEntry[] = []
  const seen = new Map<DeviceId, string>()
  let end = 0
  let rows = 0
  let checkpoint = 0
  let account: string | null = null

  return {
    beforeAppend: undefined,
    get written() {
      return entries
    },
    open: async () => ({
      spoolId,
      end,
      nextOffset: end,
      rows,
      firstRow: entries[0]?.row ?? rows,
      checkpoint,
      account,
      damage: null,
    }),
    async append(entry) {
      try {
        await this.beforeAppend?.()
      } catch (cause) {
        throw new BridgeError('SPOOL_BROKEN', 'The spool cannot write', { cause })
      }
      entries.push(entry)
      end = entryEnd(entry)
      rows = entry.row + entry.readingRows + entry.deadRows
    },
    read: async (offset, maxBytes) => {
      const found: SpoolEntry[] = []
      let bytes = 0
      for (const entry of entries) {
        if (entryEnd(entry) <= offset) continue
        found.push(entry)
        bytes += storedBytes(entry)
        if (bytes >= maxBytes) break
      }
      return found
    },
    async *entries(offset) {
      for (const entry of entries) if (entryEnd(entry) > offset) yield entry
    },
    newest: async (maxBytes) => {
      let bytes = 0
      const beyond = entries.findLast((entry) => {
        bytes += storedBytes(entry)
        return bytes > maxBytes
      })
      return beyond === undefined ? 0 : entryEnd(beyond)
    },
    async *seen() {
      for (const [deviceId, record] of seen) yield { deviceId, seen: record }
    },
    checkpoint: async (taken, records) => {
      checkpoint = taken.offset
      account = taken.account
      end = Math.max(end, taken.offset)
      rows = Math.max(rows, taken.rows)
      for (const record of records) seen.set(record.deviceId, record.seen)
    },
    trim: async (offset) => {
      entries = entries.filter((entry) => entryEnd(entry) > offset)
    },
    get bytes() {
      return entries.reduce((sum, entry) => sum + storedBytes(entry), 0)
    },
    close: async () => {},
  }
}
