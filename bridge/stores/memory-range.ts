import { answerOfReadings } from '../core/range-of-readings.ts'
import type { DeviceId, Reading } from '../core/reading.ts'
import type { RangeReader } from '../ports.ts'

/** History over a range of the readings that `readings` gives of a device: what memory holds, where nothing is stored. */
export const createMemoryRange = (
  readings: (deviceId: DeviceId) => Promise<readonly Reading[]>,
): RangeReader => ({
  read: (query) => answerOfReadings(query, readings),
})
