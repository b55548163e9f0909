import type { IdleJob } from '../jobs.ts'
import { encodeSubscribe } from '../mqtt-wire.ts'
import { type Board, connectBoards } from './board.ts'

const SUBACK_TYPE = 9

/** Connects boards that subscribe to their commands, as real ones do, and then stay silent. */
export const connectIdle = async (job: IdleJob): Promise<readonly Board[]> => {
  let subscribed = 0
  let onLost: (error: Error) => void = () => {}
  let onAll: () => void = () => {}
  const all = new Promise<void>((resolve, reject) => {
    onAll = resolve
    onLost = reject
  })
  all.catch(() => {}) // awaited below
  const boards = await connectBoards(job, () => ({
    onOther: (type) => {
      if (type === SUBACK_TYPE && ++subscribed === job.boards) onAll()
    },
    onLost,
  }))
  const qos = job.keep ? 1 : 0
  for (const board of boards) board.socket.write(encodeSubscribe(1, `buzzer/${board.deviceId}/cmd`, qos))
  await all
  return boards
}
