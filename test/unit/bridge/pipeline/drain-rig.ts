import { jest } from '@jest/globals'
import type { Reading } from '../../../../bridge/core/reading.ts'
import { createBridgeEmitter } from '../../../../bridge/events.ts'
import { createDeviceLedger } from '../../../../bridge/pipeline/device-ledger.ts'
import { createDrain, DRAIN_DEFAULTS, type DrainOptions } from '../../../../bridge/pipeline/drain.ts'
import { createLedger } from '../../../../bridge/pipeline/ledger.ts'
import { createSequences } from '../../../../bridge/pipeline/sequences.ts'
import type { Batch } from '../../../../bridge/ports.ts'
import { createMemorySink } from '../../../../bridge/stores/memory-sink.ts'
import { createMemorySpool } from '../../../../bridge/stores/memory-spool.ts'
import { entryOf, numbered } from './spooled.ts'

export const SPOOL = 'spool-1'

/** Timers stand still until advanced; the drain's clocks go with them. */
export const useStillTime = (): void => {
  jest.useFakeTimers({
    now: Date.UTC(2026, 10, 23),
    doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'],
  })
}

export const advance = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms)

/** A drain between a spool and a sink in memory, the sink's calls told and open to faults. */
export const createDrainRig = (given: Partial<DrainOptions> = {}) => {
  const spool = createMemorySpool(SPOOL)
  const stored = createMemorySink()
  const events = createBridgeEmitter()
  const batches: Batch[] = []
  let end = 0
  let olderCursor: number | undefined
  const faults = {
    beforeStore: async (_batch: Batch): Promise<void> => {},
    afterStore: async (_batch: Batch): Promise<void> => {},
    beforeCursor: async (): Promise<void> => {},
  }
  const sink = {
    cursor: async (spoolId: string) => {
      await faults.beforeCursor()
      const cursor = await stored.cursor(spoolId)
      const account = cursor?.account ?? null
      if (olderCursor === undefined) return cursor
      return { offset: olderCursor, account: account && { ...account, row: olderCursor } }
    },
    store: async (batch: Batch) => {
      batches.push(batch)
      await faults.beforeStore(batch)
      const cursor = await stored.cursor(batch.spoolId)
      const from = olderCursor === batch.from ? (cursor?.offset ?? 0) : batch.from
      olderCursor = undefined
      const result = await stored.store({ ...batch, from })
      await faults.afterStore(batch)
      return result
    },
  }
  const clock = (): number => Date.now()
  const ledger = createLedger({
    devices: createDeviceLedger({ sequence: () => undefined, clock: () => undefined }, { maxDevices: 100 }),
    spool: () => ({ pendingRows: 0, rows: end }),
    hasSink: true,
  })
  const drain = createDrain(
    {
      spool,
      spoolId: SPOOL,
      runFrom: 0,
      reach: () => ({ end, rows: end }),
      sink,
      ledger,
      sequences: createSequences(),
      events,
      now: clock,
      monotonic: clock,
      random: () => 0,
    },
    { ...DRAIN_DEFAULTS, ...given },
  )
  let seq = 0
  const spooled: Reading[] = []

  /** Makes one entry durable, without a word to the drain. */
  const put = async (
    count: number,
    { deadRows = 0, fields = {} as Partial<Reading> } = {},
  ): Promise<number> => {
    const readings = Array.from({ length: count }, () => numbered(seq++, fields))
    const entry = entryOf(end, readings, { deadRows })
    await spool.append(entry)
    spooled.push(...readings)
    end += count + deadRows
    return entry.readings.byteLength + entry.deadLetters.byteLength
  }
  return {
    spool,
    stored,
    events,
    batches,
    faults,
    drain,
    ledger,
    spooled,
    put,
    /** As `put`, and tells the drain. */
    add: async (count: number, options: { deadRows?: number; fields?: Partial<Reading> } = {}) => {
      const bytes = await put(count, options)
      drain.notify(count + (options.deadRows ?? 0), bytes, end)
    },
    /** The cursor goes back, as when the sink was restored from an older copy; its rows are not taken away. */
    goBackTo: (offset: number): void => {
      olderCursor = offset
    },
    /** A hole in the offsets, as damaged files leave it. */
    lose: (rows: number): void => {
      end += rows
    },
    get end() {
      return end
    },
  }
}
