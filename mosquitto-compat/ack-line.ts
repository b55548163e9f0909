/**
 * Acks in the order in which the messages came [MQTT-4.6.0-2] [MQTT-4.6.0-3], though the intake is done with them in any:
 * one that is done early waits for those before it. All that become due in one turn are handed over together, so that a
 * group of messages that shared an fsync is one write.
 */

/** A message that waits for its ack. */
export interface Awaiting {
  readonly messageId: number
  readonly qos: 1 | 2
  /** Taken in: durable, or none of ours. */
  settled: boolean
  /** Of MQTT 5; 0 is success. */
  reasonCode: number
}

export interface AckLine<Entry extends Awaiting> {
  /** Puts a message at the end of the line. */
  add(entry: Entry): void
  /** Looks again at the head of the line: one in it may be settled now. */
  settle(): void
  /** One that waits under this identifier: the oldest. */
  find(messageId: number): Entry | undefined
  readonly size: number
  /** What was not acked, oldest first. Nothing is acked from now on. */
  close(): readonly Entry[]
}

const CUT_EVERY = 4_096

/** An empty line that hands over each run of acks. */
export const createAckLine = <Entry extends Awaiting>(
  write: (due: readonly Entry[]) => void,
): AckLine<Entry> => {
  // From `head` on; cut once in a while, since a shift of a long array moves all of it each time.
  let line: Entry[] = []
  let head = 0
  let scheduled = false
  let closed = false
  /** By identifier; made when one is looked for, since most lines never have a message that is sent again. */
  let waiting: Map<number, Entry> | undefined

  const cut = (): void => {
    if (head === line.length || head >= CUT_EVERY) {
      line = line.slice(head)
      head = 0
    }
  }

  const note = (entry: Entry): void => {
    if (waiting?.has(entry.messageId) === false) waiting.set(entry.messageId, entry)
  }

  const forget = (due: readonly Entry[]): void => {
    for (const { messageId } of due) waiting?.delete(messageId)
    if (head === line.length) waiting = undefined
  }

  const flush = (): void => {
    scheduled = false
    if (closed) return
    const from = head
    while (line[head]?.settled === true) head += 1
    if (head === from) return
    const due = line.slice(from, head)
    if (waiting !== undefined) forget(due)
    cut()
    write(due)
  }

  const settle = (): void => {
    if (scheduled || closed || line[head]?.settled !== true) return
    scheduled = true
    queueMicrotask(flush)
  }

  return {
    add: (entry) => {
      line.push(entry)
      note(entry)
      if (entry.settled) settle()
    },
    settle,
    find: (messageId) => {
      if (waiting === undefined) {
        waiting = new Map()
        for (let at = head; at < line.length; at += 1) note(line[at] as Entry)
      }
      return waiting.get(messageId)
    },
    get size() {
      return line.length - head
    },
    close: () => {
      closed = true
      return line.slice(head)
    },
  }
}
