import type { Reading } from '../../../../bridge/core/reading.ts'
import { createMemoryRange } from '../../../../bridge/stores/memory-range.ts'
import { rangeReaderContract } from '../../../contracts/range-reader.ts'

rangeReaderContract('Memory', async () => {
  const held: Reading[] = []
  return {
    range: createMemoryRange(async (deviceId) => held.filter((reading) => reading.deviceId === deviceId)),
    store: async (readings) => void held.push(...readings),
    cleanup: async () => undefined,
  }
})
