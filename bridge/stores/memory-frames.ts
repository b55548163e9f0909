import type { FrameStore } from '../ports.ts'

/** Pictures in memory, for tests: nothing bounds it but whoever removes them, and nothing can be served from it. */
export const createMemoryFrames = (): FrameStore => {
  const files = new Map<string, number>()
  return {
    folder: '/nowhere',
    open: async () => {},
    write: async (filename, jpeg) => void files.set(filename, jpeg.byteLength),
    remove: async (filename) => void files.delete(filename),
    list: async () => [...files].map(([filename, bytes]) => ({ filename, bytes })),
  }
}
