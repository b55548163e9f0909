/**
 * The process that makes the load: apart from every broker and from the orchestrator, so that none of them
 * pays for another's work. It takes one job at a time by IPC, and ends with its parent.
 */
import type {
  FromGenerator,
  IdleJob,
  IdleResult,
  Job,
  OpenJob,
  OpenResult,
  ResultOf,
  ToGenerator,
} from './jobs.ts'
import { closeBoards } from './load/board.ts'
import { runClosedLoop } from './load/closed-loop.ts'
import { runFlood } from './load/flood.ts'
import { connectIdle } from './load/idle.ts'
import { runOpenLoop } from './load/open-loop.ts'
import { runOverload } from './load/overload.ts'

const tell = (message: FromGenerator): void => {
  process.send?.(message)
}

const released = (): Promise<void> =>
  new Promise((resolve) => {
    const listen = (message: ToGenerator): void => {
      if (!('release' in message)) return
      process.off('message', listen)
      resolve()
    }
    process.on('message', listen)
  })

const holdIdle = async (job: IdleJob): Promise<IdleResult> => {
  const boards = await connectIdle(job)
  const release = released()
  tell({ holding: true })
  await release
  const connected = boards.filter((board) => !board.socket.destroyed).length
  await closeBoards(boards)
  return { connected }
}

const publishUntilReleased = (job: OpenJob): Promise<OpenResult> => {
  const release = released()
  return runOpenLoop(job, { started: () => tell({ holding: true }), release })
}

const run = async (job: Job): Promise<ResultOf[keyof ResultOf]> => {
  switch (job.kind) {
    case 'closed':
      return runClosedLoop(job)
    case 'open':
      return job.untilReleased ? publishUntilReleased(job) : runOpenLoop(job)
    case 'flood':
      return runFlood(job)
    case 'idle':
      return holdIdle(job)
    case 'overload':
      return runOverload(job)
  }
}

process.on('disconnect', () => process.exit(0))
process.on('message', (message: ToGenerator) => {
  if (!('run' in message)) return
  run(message.run).then(
    (result) => tell({ result }),
    (error: unknown) => tell({ failed: error instanceof Error ? error.message : String(error) }),
  )
})
tell({ ready: true })
