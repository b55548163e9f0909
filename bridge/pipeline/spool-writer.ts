/**
 * Group commit. Rows gather while the write before them is under way; each write is one spool entry and one
 * fsync, and only then are the callbacks of its rows called: an ack never runs ahead of the disk.
 *
 * Writes go one at a time, in order. A write that fails is tried again for as long as the process lives, its rows
 * waiting: a full disk loses nothing. Their senders are told after a while that there is no ack to be had; what they
 * send again meanwhile is known, or stored twice.
 */
import { BridgeError } from '../core/errors.ts'
import type { Reading } from '../core/reading.ts'
import { RETRY_POLICIES, retryDelay } from '../core/retry.ts'
import type { BridgeEmitter } from '../events.ts'
import type { SpoolState, SpoolStore } from '../ports.ts'
import { createLineBuffer, type LineBuffer } from './line-buffer.ts'
import { createPause } from './pause.ts'

/** Called once the rows are durable, with the offset of the first; or with why they are not. */
export type OnDurable = (error: Error | undefined, offset: number) => void

/** What one fsync made durable. */
export interface Committed {
  readonly offset: number
  /** The offset after the last row. */
  readonly end: number
  readonly readings: readonly Reading[]
  readonly rows: number
  readonly bytes: number
}

export interface SpoolWriter {
  /** Adds the COPY lines of these readings to the gathering group. */
  append(lines: string, readings: readonly Reading[], done: OnDurable): void
  /** Adds the COPY line of one dead letter. */
  appendDeadLetter(line: string, done: OnDurable): void
  /** Calls back once everything appended so far is durable: for what needs no row of its own. */
  afterPending(done: OnDurable): void
  /** Bytes gathered or being written, not yet durable. */
  readonly pendingBytes: number
  /** Rows gathered or being written, not yet durable. */
  readonly pendingRows: number
  /** Rows ever made durable in this spool. */
  readonly rows: number
  /** Where the durable rows end. */
  readonly end: number
  /** Whether the last write failed; it is being tried again. */
  readonly failing: boolean
  /** Waits for what is gathered, unless the disk fails; what then is left is called back with STOPPING. */
  stop(): Promise<void>
}

interface Group {
  readonly lines: LineBuffer
  readonly readings: Reading[]
  readonly deadLines: LineBuffer
  deadRows: number
  readonly done: OnDurable[]
  /** Of each callback: the index of its first row among the readings; of a dead letter, DEAD_LETTER. */
  readonly index: number[]
}

const newGroup = (): Group => ({
  lines: createLineBuffer(),
  readings: [],
  deadLines: createLineBuffer(),
  deadRows: 0,
  done: [],
  index: [],
})

const DEAD_LETTER = -1

/** In the place of a callback that was called before its time. */
const told: OnDurable = () => {}

export interface SpoolWriterDeps {
  readonly store: SpoolStore
  readonly events: BridgeEmitter
  /** Called after each fsync and before the acks, so that what is acked is also the latest. */
  readonly onCommitted: (committed: Committed) => void
  /** Milliseconds that never jump, for durations. */
  readonly monotonic: () => number
  readonly random: () => number
  /** How long a failing disk may keep a sender waiting. */
  readonly holdMs?: number
}

/** A writer that appends to an opened store, whose state tells where to go on. */
export const createSpoolWriter = (deps: SpoolWriterDeps, state: SpoolState): SpoolWriter => {
  const { store, events, monotonic, random, holdMs = 10_000 } = deps
  const pause = createPause()
  let gathering = newGroup()
  let writing: Group | undefined
  let running: Promise<void> | undefined
  let stopping = false
  let pendingBytes = 0
  let failing = false
  let pendingRows = 0
  let durableRows = state.rows
  let nextOffset = state.nextOffset
  let end = state.end

  const call = (done: OnDurable | undefined, error: Error | undefined, offset: number): void => {
    try {
      done?.(error, offset)
    } catch (cause) {
      events.emit('bridge:error', { error: cause as Error, where: 'calling back after a commit' })
    }
  }

  /** Not of dead letters: their senders have nothing better to do than to wait. */
  const refuse = (group: Group): void => {
    const error = new BridgeError('SPOOL_FULL', 'The disk takes no more: try again later')
    let count = 0
    for (let index = 0; index < group.done.length; index += 1) {
      if (group.done[index] === told || group.index[index] === DEAD_LETTER) continue
      call(group.done[index], error, 0)
      group.done[index] = told
      count += 1
    }
    if (count > 0) events.emit('message:held', { count })
  }

  const write = async (group: Group): Promise<number> => {
    const entry = {
      offset: nextOffset,
      previousEnd: end,
      row: durableRows,
      readingRows: group.readings.length,
      deadRows: group.deadRows,
      readings: group.lines.bytes(),
      deadLetters: group.deadLines.bytes(),
    }
    const started = monotonic()
    for (let attempt = 1; ; attempt += 1) {
      try {
        await store.append(entry)
        failing = false
        return entry.readings.byteLength + entry.deadLetters.byteLength
      } catch (error) {
        failing = true
        if (stopping) throw error
        const retryInMs = retryDelay(attempt, RETRY_POLICIES.spool, random)
        events.emit('spool:failed', { error, retryInMs })
        if (monotonic() - started >= holdMs) {
          refuse(group)
          refuse(gathering)
        }
        await pause.wait(retryInMs)
      }
    }
  }

  const settle = (group: Group, error: Error | undefined, offset: number): void => {
    for (let index = 0; index < group.done.length; index += 1)
      call(group.done[index], error, offset + (group.index[index] ?? 0))
  }

  const commit = async (group: Group): Promise<void> => {
    const started = monotonic()
    const bytes = await write(group)
    const rows = group.readings.length + group.deadRows
    const offset = nextOffset
    nextOffset += rows
    end = nextOffset
    durableRows += rows
    pendingBytes -= bytes
    pendingRows -= rows
    // Nobody may join this group any more: its callbacks are called once, now.
    writing = undefined
    try {
      events.emit('spool:committed', { rows, bytes, fsyncMs: monotonic() - started })
      deps.onCommitted({ offset, end, readings: group.readings, rows, bytes })
    } catch (cause) {
      events.emit('bridge:error', { error: cause as Error, where: 'telling of a commit' })
    }
    settle(group, undefined, offset)
  }

  const run = async (): Promise<void> => {
    // The rest of what the sockets hold this turn joins the first group, instead of waiting for its fsync.
    await new Promise((resolve) => setImmediate(resolve))
    while (gathering.done.length > 0) {
      const group = gathering
      writing = group
      gathering = newGroup()
      try {
        await commit(group)
      } catch (cause) {
        writing = undefined
        settle(group, new BridgeError('STOPPING', 'Stopped before the spool could be written', { cause }), 0)
      }
    }
    running = undefined
  }

  const add = (done: OnDurable): void => {
    gathering.done.push(done)
    running ??= run()
  }

  return {
    append: (lines, readings, done) => {
      gathering.index.push(gathering.readings.length)
      pendingBytes += gathering.lines.append(lines)
      for (const reading of readings) gathering.readings.push(reading)
      pendingRows += readings.length
      add(done)
    },
    appendDeadLetter: (line, done) => {
      gathering.index.push(DEAD_LETTER)
      pendingBytes += gathering.deadLines.append(line)
      gathering.deadRows += 1
      pendingRows += 1
      add(done)
    },
    afterPending: (done) => {
      const pending = gathering.done.length > 0 ? gathering : writing
      if (pending === undefined) return done(undefined, end)
      pending.index.push(0)
      pending.done.push(done)
    },
    get pendingBytes() {
      return pendingBytes
    },
    get pendingRows() {
      return pendingRows
    },
    get rows() {
      return durableRows
    },
    get end() {
      return end
    },
    get failing() {
      return failing
    },
    stop: async () => {
      stopping = true
      pause.wake()
      await running
    },
  }
}
