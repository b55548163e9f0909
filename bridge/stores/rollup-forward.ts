/**
 * Forward: the minutes of all devices from where they end up to where every row is stored or will be marked, then the
 * hours that are complete. Slices of an hour to a day, so that a slice of dense readings stays in the cache while
 * device after device is read from it.
 */
import type { PartitionedTable } from '../core/partition.ts'
import { HOUR_MS, hourOf, nextSize, type Slice, sliceAfter } from '../core/rollup-slices.ts'
import { makeHours, makeMinutes } from './rollup-buckets.ts'
import { devicesIn, devicesWithSeries, forDevices } from './rollup-devices.ts'
import { moveState, readBound, readState } from './rollup-progress.ts'
import type { RollupSession } from './rollup-session.ts'

export interface RollupWork {
  readonly session: RollupSession
  /** Makes the partition that a time (epoch ms) needs, where it is missing. */
  readonly ensure: (table: PartitionedTable, time: number) => Promise<void>
  /** Counts numbers that were left out: their device has too many series. */
  readonly leftOut: (count: number) => void
}

const SLICES = { least: HOUR_MS, most: 24 * HOUR_MS, targetMs: 2_000 } as const

/** A slice of whole hours for the next time. */
export const nextLength = (length: number, tookMs: number): number =>
  Math.max(HOUR_MS, hourOf(nextSize(length, tookMs, SLICES)))

/** Makes the minutes of a slice, for all devices. Returns how long it took. */
export const makeSlice = async (work: RollupWork, slice: Slice): Promise<number> => {
  await work.ensure('readings_minute', slice.from)
  return await forDevices(work.session, devicesIn(slice), async (client, deviceIds) =>
    work.leftOut(await makeMinutes(client, { deviceIds, ...slice })),
  )
}

/** Makes whole hours for all devices, of the minutes that are there. */
export const makeHourSlice = async (work: RollupWork, slice: Slice): Promise<number> => {
  await work.ensure('readings_hour', slice.from)
  return await forDevices(work.session, devicesWithSeries, (client, deviceIds) =>
    makeHours(client, { deviceIds, ...slice }),
  )
}

const makeAll = async (
  work: RollupWork,
  { bound, to, make }: { bound: 'minuteTo' | 'hourTo'; to: number; make: typeof makeSlice },
): Promise<void> => {
  const { session } = work
  let length = HOUR_MS
  let from = (await session.chunk(readState)).result[bound]
  for (let slice = sliceAfter(from, to, length); slice !== undefined; slice = sliceAfter(from, to, length)) {
    const { from: start, to: end } = slice
    const tookMs = await make(work, slice)
    await session.chunk((client) => moveState(client, bound, { from: start, to: end }))
    from = end
    length = nextLength(length, tookMs)
  }
}

/** Makes all minutes and hours that can be made now. */
export const goForward = async (work: RollupWork): Promise<void> => {
  const bound = await readBound(work.session)
  await makeAll(work, { bound: 'minuteTo', to: bound, make: makeSlice })
  const { minuteTo } = (await work.session.chunk(readState)).result
  await makeAll(work, { bound: 'hourTo', to: hourOf(minuteTo), make: makeHourSlice })
}
