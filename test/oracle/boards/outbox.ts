import type { BoardMessage } from './message.ts'

/** A message that a board keeps until the broker has answered. */
export interface Outstanding {
  readonly messageId: number
  readonly message: BoardMessage
  /** `released`: the PUBREC came, the PUBCOMP is awaited. */
  state: 'published' | 'released'
  sentAtMs: number
}

/** What is not answered yet, oldest first. A message id is free again when its entry is removed. */
export interface Outbox {
  readonly size: number
  add(message: BoardMessage, nowMs: number): Outstanding
  get(messageId: number): Outstanding | undefined
  remove(messageId: number): void
  all(): readonly Outstanding[]
  clear(): void
}

/** `highestId`: after it message ids start again at 1. */
export const createOutbox = (highestId: number): Outbox => {
  const entries = new Map<number, Outstanding>()
  let lastId = 0
  const freeId = (): number => {
    do lastId = (lastId % highestId) + 1
    while (entries.has(lastId))
    return lastId
  }
  return {
    get size() {
      return entries.size
    },
    add: (message, nowMs) => {
      const messageId = freeId()
      const entry: Outstanding = { messageId, message, state: 'published', sentAtMs: nowMs }
      entries.set(messageId, entry)
      return entry
    },
    get: (messageId) => entries.get(messageId),
    remove: (messageId) => void entries.delete(messageId),
    all: () => [...entries.values()],
    clear: () => entries.clear(),
  }
}
