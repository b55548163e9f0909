/**
 * The spool on disk: SpoolStore on LevelDB.
 *
 * Owns the folder. An append is one put with `sync: true`, so it resolves after the fsync. What was written
 * last is kept in memory too (the tail), for in calm weather the drain reads only that; older entries are
 * read back from disk. Sizes come from the running position in each entry, so nothing is counted by walking.
 *
 * Offsets start at the wall clock in microseconds and never go back: should the newest entries be lost with
 * a damaged file, their offsets are still never given out again, and the cursor in Postgres stays true. A mark
 * beside the folder knows where the spool ended, whatever becomes of the files.
 */

import { randomBytes } from 'node:crypto'
import { entryEnd } from '../core/entry-end.ts'
import type { DeviceId } from '../core/reading.ts'
import type { Checkpoint, Clock, SeenRecord, SpoolEntry, SpoolState, SpoolStore } from '../ports.ts'
import { decodeEntry, encodeEntry, entryKey, type StoredEntry, storedBytes } from './spool-codec.ts'
import { createSpoolHandle } from './spool-handle.ts'
import { createMarkFile } from './spool-mark.ts'
import { createSpoolTail } from './spool-tail.ts'

export interface LevelSpoolOptions {
  readonly folder: string
  /** How much of what was written last stays in memory for the drain. */
  readonly tailBytes?: number
  /** Told, in one sentence, of damage found and mended while the spool is in use. */
  readonly onDamage?: (detail: string) => void
}

const SEEN_PREFIX = 0x73 // s
const ID_KEY = Buffer.from('m:id')
const CHECKPOINT_KEY = Buffer.from('m:checkpoint')
const ID_BYTES = 16
const DEFAULT_TAIL_BYTES = 32 * 1024 * 1024
const ENTRIES = { gte: entryKey(0), lt: Buffer.from([0x66]) } as const
const SEEN = { gte: Buffer.from([SEEN_PREFIX]), lt: Buffer.from([SEEN_PREFIX + 1]) } as const

/** What a checkpoint is as a value: offset, rows (both f64), the account as text. Once it was the offset alone. */
const CHECKPOINT_HEAD_BYTES = 16

const encodeCheckpoint = ({ offset, rows, account }: Checkpoint): Buffer => {
  const head = Buffer.allocUnsafe(CHECKPOINT_HEAD_BYTES)
  head.writeDoubleBE(offset)
  head.writeDoubleBE(rows, 8)
  return Buffer.concat([head, Buffer.from(account, 'utf8')])
}

type Kept = Omit<Checkpoint, 'account'> & { readonly account: string | null }

const decodeCheckpoint = (value: Buffer | undefined): Kept => {
  if (value === undefined || value.length < 8) return { offset: 0, rows: 0, account: null }
  const offset = value.readDoubleBE()
  if (value.length < CHECKPOINT_HEAD_BYTES) return { offset, rows: offset, account: null }
  const account = value.toString('utf8', CHECKPOINT_HEAD_BYTES)
  return { offset, rows: value.readDoubleBE(8), account }
}

const rowsUpTo = ({ row, readingRows, deadRows }: SpoolEntry): number => row + readingRows + deadRows

const seenKey = (deviceId: DeviceId): Buffer => Buffer.concat([SEEN.gte, Buffer.from(deviceId, 'utf8')])

/** A spool in a folder of its own. Not open yet. */
export const createLevelSpool = (
  { clock }: { readonly clock: Clock },
  options: LevelSpoolOptions,
): SpoolStore => {
  const tail = createSpoolTail(options.tailBytes ?? DEFAULT_TAIL_BYTES)
  let opening = false
  let met: string | null = null // damage met while opening
  const handle = createSpoolHandle(options.folder, {
    // What was written last of a device may be lost, and an older state of it show: then nothing is known.
    mended: async (db) => {
      if (!opening) await db.clear(SEEN)
    },
    onDamage: (detail) => {
      if (opening) met ??= detail
      else options.onDamage?.(detail)
    },
  })
  const mark = createMarkFile(`${options.folder}.end`)
  let spoolId = Buffer.alloc(ID_BYTES)
  let start = 0 // position of the oldest entry kept
  let position = 0 // position after the newest entry
  let end = 0 // where the newest entry ends

  /** Whole entries within the range, damaged ones passed over. */
  async function* stored(range: { gte?: Buffer; reverse?: boolean }): AsyncGenerator<StoredEntry> {
    for await (const [, value] of handle.pairs({ ...ENTRIES, ...range })) {
      const found = decodeEntry(value)
      if (found !== undefined) yield found
    }
  }

  const firstStored = async (range: {
    gte?: Buffer
    reverse?: boolean
  }): Promise<StoredEntry | undefined> => {
    for await (const found of stored(range)) return found
    return undefined
  }

  const firstReads = async () => {
    const newest = await firstStored({ reverse: true })
    const oldest = await firstStored({})
    const keptId = await handle.reading((db) => db.get(ID_KEY))
    const kept = decodeCheckpoint(await handle.reading((db) => db.get(CHECKPOINT_KEY)))
    for await (const _ of handle.pairs(SEEN)) {
      // What is remembered of the devices must be known to be readable now: mended later, it could be an old one.
    }
    return { newest, oldest, keptId, kept }
  }

  const open = async (): Promise<SpoolState> => {
    opening = true
    const damage = await handle.open()
    const first = await firstReads()
    // Mending may have cost what was read before.
    const { newest, oldest, keptId, kept } = met === null ? first : await firstReads()
    opening = false
    const marked = await mark.read()
    spoolId = Buffer.from(keptId ?? newest?.spoolId ?? marked?.spoolId ?? randomBytes(ID_BYTES))
    if (keptId === undefined) await handle.db().put(ID_KEY, spoolId, { sync: true })
    const reached = marked !== undefined && spoolId.equals(marked.spoolId) ? marked : { end: 0, rows: 0 }
    const found = Math.max(kept.offset, newest === undefined ? 0 : entryEnd(newest.entry))
    end = Math.max(found, reached.end)
    const rows = Math.max(kept.rows, reached.rows, newest === undefined ? 0 : rowsUpTo(newest.entry))
    start = oldest?.position ?? 0
    position = newest === undefined ? start : newest.position + storedBytes(newest.entry)
    return {
      spoolId: spoolId.toString('hex'),
      end,
      nextOffset: Math.max(end, clock() * 1000),
      rows,
      firstRow: oldest?.entry.row ?? rows,
      checkpoint: kept.offset,
      account: kept.account,
      // What is kept of the devices may be as old as what was found: a resend must be looked up then.
      damage: damage ?? met ?? (found < reached.end ? 'the newest entries are missing' : null),
    }
  }

  const append = async (entry: SpoolEntry): Promise<void> => {
    const value = encodeEntry({ entry, position, spoolId })
    await handle.attempt((db) => db.put(entryKey(entry.offset), value, { sync: true }))
    tail.push(entry, position)
    position += value.length
    end = entryEnd(entry)
    mark.write({ spoolId, end, rows: rowsUpTo(entry) })
  }

  /** The key of the newest entry that begins at or before `offset`. */
  const keyAt = async (offset: number): Promise<Buffer> => {
    for await (const [key] of handle.pairs({ ...ENTRIES, lt: entryKey(offset + 1), reverse: true }))
      return key
    return entryKey(offset)
  }

  const readFromDisk = async (offset: number, maxBytes: number): Promise<readonly StoredEntry[]> => {
    const found: StoredEntry[] = []
    let bytes = 0
    for await (const next of stored({ gte: await keyAt(offset) })) {
      if (entryEnd(next.entry) <= offset) continue
      found.push(next)
      bytes += storedBytes(next.entry)
      if (bytes >= maxBytes) break
    }
    return found
  }

  const read = async (offset: number, maxBytes: number): Promise<readonly SpoolEntry[]> => {
    return tail.read(offset, maxBytes) ?? (await readFromDisk(offset, maxBytes)).map(({ entry }) => entry)
  }

  /** By halving the range of offsets, for an entry tells its position only when it is read: about 50 reads. */
  const newestFrom = async (maxBytes: number): Promise<number> => {
    const from = position - maxBytes
    if (start >= from) return 0
    let first = end
    for (let low = 0, high = end; high - low > 1; ) {
      const middle = Math.floor((low + high) / 2)
      const found = await firstStored({ gte: entryKey(middle) })
      if (found !== undefined && found.position < from) low = Math.max(middle, found.entry.offset)
      else {
        first = found?.entry.offset ?? end
        high = middle
      }
    }
    return first
  }

  const trim = async (offset: number): Promise<void> => {
    const newest = position
    const kept = tail.trim(offset) ?? (await readFromDisk(offset, 1))[0]
    start = kept?.position ?? newest
    const keptFrom = kept?.entry.offset ?? offset
    const taken = { gte: ENTRIES.gte, lt: entryKey(Math.min(offset, keptFrom)) }
    await handle.attempt((db) => db.clear(taken))
  }

  const checkpoint = async (taken: Checkpoint, seen: readonly SeenRecord[]): Promise<void> => {
    const records = seen.map((record) => ({
      type: 'put' as const,
      key: seenKey(record.deviceId),
      value: Buffer.from(record.seen, 'utf8'),
    }))
    const value = encodeCheckpoint(taken)
    await handle.attempt((db) => db.batch([{ type: 'put', key: CHECKPOINT_KEY, value }, ...records]))
  }

  return {
    open,
    append,
    checkpoint,
    trim,
    read,
    newest: newestFrom,
    async *entries(offset) {
      for await (const { entry } of stored({ gte: await keyAt(offset) }))
        if (entryEnd(entry) > offset) yield entry
    },
    async *seen() {
      for await (const [key, value] of handle.pairs(SEEN)) {
        yield { deviceId: key.subarray(1).toString('utf8') as DeviceId, seen: value.toString('utf8') }
      }
    },
    get bytes() {
      return position - start
    },
    close: async () => {
      mark.close()
      await handle.close()
    },
  }
}
