import type { FloodJob, FloodResult } from '../jobs.ts'
import { encodeReading, FIRST_SEQ, PINGREQ, patchSeq } from '../mqtt-wire.ts'
import { type Board, closeBoards, connectBoards } from './board.ts'
import { startTiming } from './fleet.ts'

const PINGRESP_TYPE = 13
const PACKETS_PER_WRITE = 200

/** Writes all readings of one board; the next write waits until the one before has left the process. */
const flood = (board: Board, boot: string, messages: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const template = encodeReading(board.deviceId, boot, 0)
    const size = template.bytes.length
    const chunk = Buffer.alloc(size * PACKETS_PER_WRITE, template.bytes)
    let sent = 0
    const next = (error?: Error | null): void => {
      if (error) reject(error)
      else if (sent === messages) resolve()
      else writeChunk(Math.min(PACKETS_PER_WRITE, messages - sent))
    }
    const writeChunk = (count: number): void => {
      for (let i = 0; i < count; i++) patchSeq(chunk, i * size + template.seqAt, FIRST_SEQ + sent++)
      board.socket.write(chunk.subarray(0, count * size), next)
    }
    next()
  })

/**
 * Publishes at QoS 0 without pause. A ping after the last message tells when the broker has read it all:
 * closing earlier could lose what it had not taken from the socket yet.
 */
export const runFlood = async (job: FloodJob): Promise<FloodResult> => {
  const pings: (() => void)[] = []
  let onLost: (error: Error) => void = () => {}
  const lost = new Promise<never>((_, reject) => {
    onLost = reject
  })
  lost.catch(() => {}) // raced below
  const boards = await connectBoards(job, (board) => ({
    onOther: (type) => {
      if (type === PINGRESP_TYPE) pings[board]?.()
    },
    onLost,
  }))
  const answered = boards.map((_, board) => new Promise<void>((resolve) => (pings[board] = resolve)))

  const timing = startTiming()
  const work = boards.map(async (board, index) => {
    await flood(board, job.boot, job.messagesPerBoard)
    board.socket.write(PINGREQ)
    await answered[index]
  })
  await Promise.race([Promise.all(work), lost])
  const times = timing.stop()
  await closeBoards(boards)
  return { ...times, sent: job.boards * job.messagesPerBoard }
}
