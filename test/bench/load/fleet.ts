import { type Doors, monotonicMs } from '../jobs.ts'
import { type Board, connectBoards } from './board.ts'
import { createPublisher, type Publisher, type PublisherOptions } from './publisher.ts'

export interface Fleet {
  readonly boards: readonly Board[]
  readonly publishers: readonly Publisher[]
  /** Rejects when a board loses its connection. */
  readonly lost: Promise<never>
}

/** Connects boards that each publish their own readings. `onChunk` runs after a board took its acks in. */
export const connectFleet = async (
  target: Doors & { readonly boards: number },
  options: PublisherOptions,
  onChunk: (publisher: Publisher) => void,
): Promise<Fleet> => {
  const publishers: Publisher[] = []
  let onLost: (error: Error) => void = () => {}
  const lost = new Promise<never>((_, reject) => {
    onLost = reject
  })
  lost.catch(() => {}) // seen by whoever races it; a loss while connecting rejects connectBoards instead
  const boards = await connectBoards(target, (board) => ({
    onPuback: (messageId) => publishers[board]?.takeAck(messageId),
    onChunk: () => {
      const publisher = publishers[board]
      if (publisher !== undefined) onChunk(publisher)
    },
    onLost,
  }))
  publishers.push(...boards.map((board) => createPublisher(board, options)))
  return { boards, publishers, lost }
}

export const acksOf = (publishers: readonly Publisher[]) => ({
  acked: publishers.flatMap((publisher) => publisher.acked()),
  strayAcks: publishers.reduce((sum, publisher) => sum + publisher.strayAcks, 0),
})

/** Measures one run: `stop` gives its times and the share of a core this process used meanwhile. */
export const startTiming = () => {
  const cpu = process.cpuUsage()
  const startedAt = monotonicMs()
  const stop = () => {
    const endedAt = monotonicMs()
    const { user, system } = process.cpuUsage(cpu)
    return { startedAt, endedAt, generatorCpu: (user + system) / 1000 / (endedAt - startedAt) }
  }
  return { startedAt, stop }
}
