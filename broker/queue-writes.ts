/** What is to be written when a message is queued, in the store's own form, without writing it. */
import AsyncLevelPersistence from 'aedes-persistence-level/asyncPersistence.js'

export interface Put {
  readonly type: 'put'
  readonly key: string
  readonly value: Buffer
}

/** The store writes a message for each session by itself; a batch costs a fraction of that with hundreds of them. */
export const queueWrites = (clientId: string, packet: object): readonly Put[] => {
  const puts: Put[] = []
  const put = async (key: string, value: Buffer): Promise<void> => void puts.push({ type: 'put', key, value })
  // Puts before it waits for anything.
  void new AsyncLevelPersistence({ put }).outgoingEnqueueCombi([{ clientId }], packet)
  return puts
}
