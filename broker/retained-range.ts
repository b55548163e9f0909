/**
 * Where in the store a filter's retained messages can be. The persistence of Aedes reads all that is retained for
 * every filter that anybody subscribes to: a fleet of 10,000 boards with a status each would, coming back after a
 * power cut, read a hundred million of them.
 */
import { ALL_RETAINED } from './session-keys.ts'

interface KeyRange {
  readonly gte: string
  readonly lt: string
}

const WILDCARD = /[+#]/

/** Whether it can match other topics than itself. */
export const isFilter = (filter: string): boolean => WILDCARD.test(filter)

/**
 * Keys of every retained topic that the filter matches, and of some others: those that begin with the levels before
 * its first wildcard. `a/#` matches `a` too [MQTT-4.7.1-2], and `0` is the character behind `/`.
 */
export const retainedRange = (filter: string): KeyRange => {
  const { gte } = ALL_RETAINED
  if (!isFilter(filter)) return { gte: `${gte}${filter}`, lt: `${gte}${filter}\u0000` }
  const levels = filter.split('/')
  const fixed = levels.slice(0, levels.findIndex(isFilter))
  if (fixed.length === 0) return ALL_RETAINED
  const begin = `${gte}${fixed.join('/')}`
  return { gte: begin, lt: `${begin}0` }
}
