/**
 * The process that plays boards, cameras and viewers: apart from the server and from the orchestrator, so that
 * none of them pays for another's work. It takes one job at a time by IPC, and ends with its parent.
 */
import type { FleetJob, FleetResult, FromFleet, ToFleet, ViewersJob, ViewersResult } from './fleet-jobs.ts'
import { runBoards } from './load/boards-load.ts'
import { runCameras } from './load/cameras-load.ts'
import { connectViewers } from './load/viewers-load.ts'

const tell = (message: FromFleet): void => {
  process.send?.(message)
}

const released = (): Promise<void> =>
  new Promise((resolve) => {
    const listen = (message: ToFleet): void => {
      if (!('release' in message)) return
      process.off('message', listen)
      resolve()
    }
    process.on('message', listen)
  })

const holdViewers = async (job: ViewersJob): Promise<ViewersResult> => {
  const audience = await connectViewers(job)
  const release = released()
  tell({ holding: true })
  await release
  const result = audience.result()
  for (const viewer of audience.viewers) viewer.close()
  return result
}

const run = (job: FleetJob): Promise<FleetResult> => {
  switch (job.kind) {
    case 'boards':
      return runBoards(job)
    case 'cameras':
      return runCameras(job)
    case 'viewers':
      return holdViewers(job)
  }
}

process.on('disconnect', () => process.exit(0))
process.on('message', (message: ToFleet) => {
  if (!('run' in message)) return
  run(message.run).then(
    (result) => tell({ result }),
    (error: unknown) => tell({ failed: error instanceof Error ? error.message : String(error) }),
  )
})
tell({ ready: true })
