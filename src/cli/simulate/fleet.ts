/**
 * Boards, their connections and the one timer that gives each its turn. A board that waits for acks is passed over, as is
 * one without a connection: the load is what the broker takes, not what was asked for.
 */
import type { Board } from './board.ts'
import type { Link, LinkEvents } from './link.ts'
import { buzzerAckOf } from './messages.ts'
import { createSchedule, type Schedule } from './schedule.ts'

export interface FleetStats {
  readonly boards: number
  readonly connected: number
  /** Messages of turns that were handed to a connection. */
  readonly sent: number
  readonly acked: number
  readonly unacked: number
  /** Answers on `errors/{id}`. */
  readonly refused: number
  /** Turns that were passed over: acks outstanding, or no connection. */
  readonly held: number
  readonly beeps: number
}

export interface FleetDeps {
  readonly open: (board: Board, on: LinkEvents) => Link
  /** Epoch ms. */
  readonly now: () => number
  /** Milliseconds that never jump. */
  readonly monotonic: () => number
}

export interface FleetOptions {
  /** Turns a second of each board; cameras have a pace of their own. */
  readonly rate: number
}

export interface Fleet {
  /** Resolves with the first connection; rejects with why there is none. */
  start(): Promise<void>
  /** Every board goes offline in order; resolves when all have, or after a while. */
  stop(): Promise<void>
  stats(): FleetStats
}

const TICK_MS = 20
const CONNECTS_PER_S = 100
const HEARTBEAT_RATE = 1 / 30
const CAMERA_RATE = 0.5
/** What a small board keeps in memory without an ack. */
const WINDOW = 8
const END_WITHIN_MS = 5_000

export const createFleet = (boards: readonly Board[], deps: FleetDeps, { rate }: FleetOptions): Fleet => {
  const { now, monotonic } = deps
  const links: Link[] = []
  const count = { connected: 0, sent: 0, acked: 0, refused: 0, held: 0, beeps: 0 }
  const beeping = new Set<NodeJS.Timeout>()
  let timer: NodeJS.Timeout | undefined
  let startedAt = 0
  let onFirst: { readonly up: () => void; readonly failed: (error: Error) => void } | undefined

  const beep = (board: Board, link: () => Link | undefined, command: string): void => {
    if (command === 'OFF') return
    const wait = setTimeout(() => {
      beeping.delete(wait)
      if (link()?.connected !== true) return
      count.beeps += 1
      link()?.publish(buzzerAckOf(board.id, command))
    }, board.reactionMs())
    beeping.add(wait)
  }

  const open = (board: Board): void => {
    const at = links.length
    const link = deps.open(board, {
      up: () => {
        count.connected += 1
        onFirst?.up()
      },
      down: () => {
        count.connected -= 1
      },
      acked: () => {
        count.acked += 1
      },
      message: (topic, payload) => {
        if (topic.startsWith('errors/')) count.refused += 1
        else beep(board, () => links[at], payload)
      },
      failed: (error) => onFirst?.failed(error),
    })
    links.push(link)
  }

  const give = (index: number, heartbeat: boolean): void => {
    const [board, link] = [boards[index], links[index]]
    if (board === undefined || link === undefined) return
    if (!link.connected || link.unacked >= WINDOW) {
      count.held += 1
      return
    }
    const { messages, drops } = heartbeat ? { messages: [board.heartbeat(now())] } : board.turn(now())
    for (const message of messages) {
      count.sent += 1
      link.publish(message)
    }
    if (drops === true) link.drop()
  }

  /** Those with a pace of their own, each group spread evenly over its period. */
  const groupsOf = (startMs: number) => {
    const indexes = boards.map((_, index) => index)
    const isCamera = (index: number): boolean => boards[index]?.kind === 'camera'
    const [cameras, others] = [indexes.filter(isCamera), indexes.filter((index) => !isCamera(index))]
    const group = (members: readonly number[], pace: number, heartbeat: boolean) => ({
      members,
      heartbeat,
      schedule: createSchedule({ boards: members.length, rate: pace, startMs }) satisfies Schedule,
    })
    return [
      group(others, rate, false),
      group(cameras, CAMERA_RATE, false),
      group(indexes, HEARTBEAT_RATE, true),
    ]
  }

  const run = (): void => {
    const groups = groupsOf(monotonic())
    timer = setInterval(() => {
      const wanted = Math.ceil(((monotonic() - startedAt) / 1_000) * CONNECTS_PER_S)
      while (links.length < Math.min(wanted, boards.length)) {
        const board = boards[links.length]
        if (board !== undefined) open(board)
      }
      for (const { members, heartbeat, schedule } of groups)
        schedule.take(monotonic(), (turn) => give(members[turn] ?? -1, heartbeat))
    }, TICK_MS)
  }

  return {
    start: async () => {
      const [first] = boards
      if (first === undefined) return
      startedAt = monotonic()
      await new Promise<void>((resolve, reject) => {
        onFirst = { up: resolve, failed: reject }
        open(first)
      }).finally(() => {
        onFirst = undefined
      })
      startedAt = monotonic()
      run()
    },
    stop: async () => {
      clearInterval(timer)
      for (const wait of beeping) clearTimeout(wait)
      const late = new Promise<void>((resolve) => {
        const deadline = setTimeout(resolve, END_WITHIN_MS)
        void Promise.allSettled(links.map((link) => link.end())).then(() => {
          clearTimeout(deadline)
          resolve()
        })
      })
      await late
      for (const link of links) link.kill()
    },
    stats: () => {
      let unacked = 0
      for (const link of links) unacked += link.unacked
      return { boards: boards.length, unacked, ...count }
    },
  }
}
