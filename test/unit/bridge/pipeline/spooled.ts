import { createRowEncoder } from '../../../../bridge/core/copy-row.ts'
import type { DeviceId, Reading } from '../../../../bridge/core/reading.ts'
import type { BridgeEmitter, BridgeEvents } from '../../../../bridge/events.ts'
import type { SpoolEntry } from '../../../../bridge/ports.ts'
import { deadLetterOf, readingOf } from '../../../contracts/sink-rows.ts'

const encoder = createRowEncoder()

export const deviceId = (text: string): DeviceId => text as DeviceId

/** A reading that can be told from all others by its seq. */
export const numbered = (seq: number, fields: Partial<Reading> = {}): Reading =>
  readingOf('a', { boot: 'b', seq, ...fields })

export const lineOf = (reading: Reading): string => encoder.reading(reading)

/** An entry of these readings, then `deadRows` dead letters. */
export const entryOf = (
  offset: number,
  readings: readonly Reading[],
  {
    deadRows = 0,
    previousEnd = offset,
    row = offset,
  }: { deadRows?: number; previousEnd?: number; row?: number } = {},
): SpoolEntry => ({
  offset,
  previousEnd,
  row,
  readingRows: readings.length,
  deadRows,
  readings: Buffer.from(readings.map(lineOf).join('')),
  deadLetters: Buffer.from(
    Array.from({ length: deadRows }, (_, index) =>
      encoder.deadLetter(deadLetterOf(`${offset + index}`)),
    ).join(''),
  ),
})

export const seqsOf = (readings: readonly Reading[]): readonly (number | null)[] =>
  readings.map(({ seq }) => seq)

/** Everything told under one name. */
export const heard = <K extends keyof BridgeEvents>(
  events: BridgeEmitter,
  name: K,
): readonly BridgeEvents[K][0][] => {
  const all: BridgeEvents[K][0][] = []
  events.on(name as never, ((event: BridgeEvents[K][0]) => all.push(event)) as never)
  return all
}
