/** What the verdict is reached from: what the boards know, and what is seen from outside of Sluice. */
import type { Ended } from '../../support/sluice.ts'
import type { PlayedFault } from '../timeline.ts'
import type { TrafficLog } from '../traffic-log.ts'

/** A row of `sensor_data`, as Postgres has it. */
export interface Row {
  readonly deviceId: string
  readonly boot: string | null
  readonly seq: number | null
  readonly temperature: number | null
  readonly humidity: number | null
  readonly lightLevel: number | null
  readonly mark: string | null
  /** Epoch ms. */
  readonly ts: number
  readonly tsSource: string
  readonly receivedAt: number
}

export interface DeadLetterRow {
  /** The payload as text. */
  readonly payload: string
  readonly reason: string
}

/** `data.total` of `GET /api/v1/system/balance`. */
export interface BalanceTotal {
  readonly received: number
  readonly stored: number
  readonly spooled: number
  readonly inFlight: number
  readonly deduplicated: number
  readonly deadLettered: number
  readonly dropped: Readonly<Record<string, number>>
  readonly remainder: number
}

export interface Evidence {
  readonly traffic: Pick<TrafficLog, 'readings' | 'acks' | 'unreadable' | 'oddities' | 'transmissions'>
  /** Messages that boards still wanted an ack for when they were given up, by device. */
  readonly unanswered: ReadonlyMap<string, number>
  readonly rows: readonly Row[]
  readonly deadLetters: readonly DeadLetterRow[]
  /** Null: it could not be had; `balanceProblem` says why. */
  readonly balance: BalanceTotal | null
  readonly balanceProblem: string | null
  readonly ends: readonly Ended[]
  readonly log: readonly Readonly<Record<string, unknown>>[]
  readonly played: readonly PlayedFault[]
  /** What kept the run itself from going as it should: each a problem of its own. */
  readonly troubles: readonly string[]
}
