import type { ClosedJob, ClosedResult } from '../jobs.ts'
import { closeBoards } from './board.ts'
import { acksOf, connectFleet, startTiming } from './fleet.ts'
import { type Listener, startListener } from './listener.ts'
import type { Publisher } from './publisher.ts'

/** Keeps every board's window full until each has sent and got acked all its messages. */
export const runClosedLoop = async (job: ClosedJob): Promise<ClosedResult> => {
  let busyBoards = job.boards
  let finish: () => void = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const refill = (publisher: Publisher): void => {
    const count = publisher.sendable
    if (count > 0) publisher.send(count, 0)
    else if (publisher.ackedCount === job.messagesPerBoard && --busyBoards === 0) finish()
  }

  const options = { boot: job.boot, window: job.window, messages: job.messagesPerBoard }
  const { boards, publishers, lost } = await connectFleet(job, options, refill)
  const listener: Listener | undefined = job.listenAt && (await startListener(job.listenAt))
  const timing = startTiming()
  for (const publisher of publishers) refill(publisher)
  await Promise.race([finished, lost])
  const times = timing.stop()
  const heard = await listener?.rest()
  listener?.close()
  await closeBoards(boards)
  return { ...times, ...acksOf(publishers), ...(heard !== undefined && { listener: heard }) }
}
