/** What a window remembers of a device as compact text, and back. */
import { newBoot, type SeenBoot, type Waiting } from './seen-boot.ts'
import type { SequenceRanges } from './sequence-ranges.ts'

type WaitingFields = readonly [first: number, last: number, oldest: number, lowest: number]
type TrustFields = readonly [
  floor: number,
  forgotten: number,
  forgottenCount: number,
  leaseFrom: number,
  leaseSince: number,
  waiting: WaitingFields | null,
]
/** Without what can be trusted in the form of older versions, which knew of no lease. */
type BootFields =
  | readonly [name: string, ranges: SequenceRanges]
  | readonly [string, SequenceRanges, TrustFields]

const areRanges = (value: unknown): value is SequenceRanges =>
  Array.isArray(value) &&
  value.length % 2 === 0 &&
  value.every((seq, i) => Number.isSafeInteger(seq) && seq >= 0 && (i % 2 === 0 || seq >= value[i - 1]))

const areNumbers = (value: unknown, length: number): boolean =>
  Array.isArray(value) && value.length === length && value.every((field) => Number.isFinite(field))

const isTrust = (value: unknown): value is TrustFields =>
  Array.isArray(value) &&
  value.length === 6 &&
  areNumbers(value.slice(0, 5), 5) &&
  (value[5] === null || areNumbers(value[5], 4))

const isBoot = (value: unknown): value is BootFields =>
  Array.isArray(value) &&
  typeof value[0] === 'string' &&
  areRanges(value[1]) &&
  (value.length === 2 || (value.length === 3 && isTrust(value[2])))

const waitingOf = (fields: WaitingFields | null): Waiting | undefined => {
  if (fields === null) return undefined
  const [first, last, oldest, lowest] = fields
  return { first, last, oldest, lowest }
}

const bootOf = ([name, ranges, trust]: BootFields): SeenBoot => {
  if (trust === undefined) return { ...newBoot(name), ranges }
  const [floor, forgotten, forgottenCount, leaseFrom, leaseSince, waiting] = trust
  const fields = { floor, forgotten, forgottenCount, leaseFrom, leaseSince, waiting: waitingOf(waiting) }
  return { ...newBoot(name), ranges, ...fields }
}

const fieldsOf = (boot: SeenBoot): BootFields => {
  const { name, ranges, floor, forgotten, forgottenCount, leaseFrom, leaseSince, waiting } = boot
  if (leaseFrom < 0 && waiting === undefined) return [name, ranges]
  const wait: WaitingFields | null =
    waiting === undefined ? null : [waiting.first, waiting.last, waiting.oldest, waiting.lowest]
  return [name, ranges, [floor, forgotten, forgottenCount, leaseFrom, leaseSince, wait]]
}

/** The boots of a device as text. */
export const printRecord = (boots: readonly SeenBoot[]): string => JSON.stringify(boots.map(fieldsOf))

/** The boots of such a text, of older versions as well; undefined when it is damaged. */
export const parseRecord = (record: string): readonly SeenBoot[] | undefined => {
  try {
    const value: unknown = JSON.parse(record)
    return Array.isArray(value) && value.every(isBoot) ? value.map(bootOf) : undefined
  } catch {
    return undefined
  }
}
