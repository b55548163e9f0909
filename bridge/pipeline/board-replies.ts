/** What becomes of a board's message that cannot be read, other than a reading: it is acked, and the board told. */
import type { DeviceId } from '../core/reading.ts'
import type { Rejection } from '../core/rejection.ts'
import { topics } from '../core/topic.ts'
import type { Done, Message, Publisher } from '../ports.ts'
import type { Ingest } from './ingest.ts'

type Reply = (message: Message, deviceId: DeviceId | undefined, rejection: Rejection, done: Done) => void

export interface BoardReplies {
  /** Keeps the message as a dead letter, and tells its board why. */
  readonly deadLetter: Reply
  /** Only tells the board: a camera that sends rubbish would fill the dead letters with megabytes of it. */
  readonly tell: Reply
}

export interface BoardRepliesDeps {
  readonly publisher: Publisher
  readonly ingest: () => Ingest
}

export const createBoardReplies = ({ publisher, ingest }: BoardRepliesDeps): BoardReplies => ({
  deadLetter: ({ topic, payload, qos, retain }, deviceId, rejection, done) => {
    const letter = { topic, payload, qos, retain, clientId: null, deviceId: deviceId ?? null }
    ingest().reject(letter, rejection, done)
  },
  tell: ({ topic }, deviceId, rejection, done) => {
    if (deviceId !== undefined)
      publisher.publish(topics.errors(deviceId), JSON.stringify({ ...rejection, topic }))
    done()
  },
})
