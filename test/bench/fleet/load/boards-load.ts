import type { BoardsJob, DueResult } from '../fleet-jobs.ts'
import { type Beat, spread } from '../schedule.ts'
import { type Member, runDueLoad } from './due-load.ts'
import { createClient, createReadBuffer } from './http-client.ts'
import { boardRequests } from './requests.ts'

const POLL_EVERY_MS = 150
const INGEST_EVERY_MS = 1000
/** The sketch's own. */
const TIMEOUT_MS = 5000

export const boardIdOf = (board: number): string => `fleet-board-${String(board).padStart(4, '0')}`

/** Boards are switched on one after another over the first second; polls and readings follow the register. */
const beatsOf = (board: number, boards: number): readonly Beat[] => {
  const bootAt = spread(board, boards, INGEST_EVERY_MS)
  return [
    { kind: 'register', everyMs: Number.POSITIVE_INFINITY, dueAt: bootAt },
    { kind: 'poll', everyMs: POLL_EVERY_MS, dueAt: bootAt + POLL_EVERY_MS },
    { kind: 'ingest', everyMs: INGEST_EVERY_MS, dueAt: bootAt + INGEST_EVERY_MS },
  ]
}

export const runBoards = (job: BoardsJob): Promise<DueResult> => {
  const readInto = createReadBuffer()
  const members = Array.from({ length: job.boards }, (_, board): Member => {
    const requests = boardRequests(job.address, boardIdOf(board))
    return {
      client: createClient({ address: job.address, keepOpen: false, readInto }),
      beats: beatsOf(board, job.boards),
      request: (kind, now) => {
        if (kind === 'poll') return requests.poll
        return kind === 'ingest' ? requests.ingest(now) : requests.register
      },
    }
  })
  return runDueLoad(members, {
    warmupMs: job.warmupSeconds * 1000,
    measuredMs: job.seconds * 1000,
    timeoutMs: TIMEOUT_MS,
  })
}
