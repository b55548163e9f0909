/** What the list shows, worked out anew every now and then; what comes out the same is the same object. */
import type { Device } from '../answers.ts'
import { latestValues } from '../format/latest-values.ts'
import { metricColumns } from './metric-columns.ts'
import { byName, countLinks, type Filter, type LinkCounts, matches, type Sort, sorted } from './order.ts'

export interface ListSettings {
  readonly filter: Filter
  readonly sort: Sort
  /** Metrics that have room for a column. */
  readonly metrics: number
}

export interface ListModel {
  readonly ids: readonly string[]
  readonly counts: LinkCounts
  readonly metrics: readonly string[]
  /** Some device has something that has no column. */
  readonly hasOthers: boolean
}

const isSameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one, i) => one === b[i])

const same = <T extends readonly string[]>(before: T | undefined, after: T): T =>
  before !== undefined && isSameList(before, after) ? before : after

const hasOthers = (devices: readonly Device[], metrics: readonly string[]): boolean =>
  devices.some(
    ({ latest, frameAt }) =>
      frameAt !== null || latestValues(latest).some(([metric]) => !metrics.includes(metric)),
  )

/** Sorting by name is the dear part: it is done again only when names have changed. */
const createNameOrder = () => {
  let names: readonly string[] = []
  let order: readonly number[] = []
  return (devices: readonly Device[]): readonly Device[] => {
    const now = devices.map(({ deviceId, name }) => `${name}\n${deviceId}`)
    if (!isSameList(names, now)) {
      const places = new Map(devices.map(({ deviceId }, i) => [deviceId, i]))
      order = byName(devices).map(({ deviceId }) => places.get(deviceId) ?? 0)
      names = now
    }
    return order.flatMap((place) => devices[place] ?? [])
  }
}

export const createListModel = () => {
  const named = createNameOrder()
  let before: ListModel | undefined
  return (
    devices: readonly Device[],
    { filter, sort, metrics: most }: ListSettings,
    now: number,
  ): ListModel => {
    const shown = sorted(named(devices), sort, now).filter((device) => matches(device, filter, now))
    const metrics = same(before?.metrics, metricColumns(devices, most))
    before = {
      ids: same(
        before?.ids,
        shown.map(({ deviceId }) => deviceId),
      ),
      counts: countLinks(devices, now),
      metrics,
      hasOthers: hasOthers(devices, metrics),
    }
    return before
  }
}
