import { createMemoryFrames } from '../../../../bridge/stores/memory-frames.ts'
import { frameStoreContract } from '../../../contracts/frame-store.ts'

frameStoreContract('the memory store', async () => ({
  frames: createMemoryFrames(),
  cleanup: async () => {},
}))
