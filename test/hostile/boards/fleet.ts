/** All honest boards, and what they saw since they were last asked. */
import { setTimeout as delay } from 'node:timers/promises'
import { quantile } from '../../bench/statistics.ts'
import { createHonestBoard } from './honest-board.ts'
import { createNewcomer } from './newcomer.ts'

export interface FleetOptions {
  readonly port: number
  readonly boot: string
  /** The last of them is the one that connects anew each time. */
  readonly devices: readonly { readonly deviceId: string; readonly secret: string }[]
  readonly everyMs: number
  readonly newcomerEveryMs: number
}

/** Milliseconds; null: there was none. */
export interface Seen {
  readonly acks: number
  readonly p50: number | null
  readonly p99: number | null
  readonly max: number | null
  /** Boards that were acked nothing. */
  readonly unserved: readonly string[]
  /** Why boards lost their connections. */
  readonly lost: readonly string[]
  readonly connects: number
  readonly connectP99: number | null
  /** Times that the newcomer was not let in. */
  readonly refused: number
}

export interface Sent {
  readonly deviceId: string
  readonly sent: number
  readonly acked: readonly number[]
}

export interface HonestFleet {
  /** What was seen since the last time. */
  take(): Promise<Seen>
  /** Sends no more, waits for the acks that are missing, and tells what was sent. */
  finish(): Promise<readonly Sent[]>
}

const ACKED_WITHIN_MS = 30_000

const createTally = () => {
  let acks: number[] = []
  let connects: number[] = []
  let lost: string[] = []
  let refused = 0
  const served = new Map<string, number>()
  const at = (values: number[], q: number): number | null =>
    values.length === 0
      ? null
      : Math.round(
          quantile(
            values.sort((a, b) => a - b),
            q,
          ) * 10,
        ) / 10
  return {
    acked: (deviceId: string, ms: number): void => {
      acks.push(ms)
      served.set(deviceId, (served.get(deviceId) ?? 0) + 1)
    },
    lost: (deviceId: string, why: string): void => void lost.push(`${deviceId}: ${why}`),
    connected: (ms: number): void => void connects.push(ms),
    refused: (): void => {
      refused += 1
    },
    take: (boards: readonly string[]): Seen => {
      const seen: Seen = {
        acks: acks.length,
        p50: at(acks, 0.5),
        p99: at(acks, 0.99),
        max: at(acks, 1),
        unserved: boards.filter((board) => !served.has(board)),
        lost,
        connects: connects.length,
        connectP99: at(connects, 0.99),
        refused,
      }
      acks = []
      connects = []
      lost = []
      refused = 0
      served.clear()
      return seen
    },
  }
}

/** Resolves when all are connected. */
export const startFleet = async (options: FleetOptions): Promise<HonestFleet> => {
  const tally = createTally()
  const steady = options.devices.slice(0, -1)
  const boards = steady.map(({ deviceId, secret }) =>
    createHonestBoard(
      { ...options, deviceId, secret },
      { onAck: (ms) => tally.acked(deviceId, ms), onLost: (why) => tally.lost(deviceId, why) },
    ),
  )
  await Promise.all(boards.map(({ connected }) => connected))
  const last = options.devices.at(-1)
  const newcomer =
    last === undefined
      ? undefined
      : createNewcomer(
          { ...options, ...last, everyMs: options.newcomerEveryMs },
          { onConnected: tally.connected, onRefused: tally.refused },
        )
  const ids = steady.map(({ deviceId }) => deviceId)
  return {
    take: async () => tally.take(ids),
    finish: async () => {
      for (const board of boards) board.stop()
      await newcomer?.stop()
      const deadline = performance.now() + ACKED_WITHIN_MS
      const isOpen = (): boolean => boards.some(({ sent, acked }) => acked.size < sent)
      while (isOpen() && performance.now() < deadline) await delay(20)
      for (const board of boards) board.close()
      const all = newcomer === undefined ? boards : [...boards, newcomer]
      return all.map(({ sent, acked }, index) => ({
        deviceId: options.devices[index]?.deviceId ?? '',
        sent,
        acked: [...acked],
      }))
    },
  }
}
