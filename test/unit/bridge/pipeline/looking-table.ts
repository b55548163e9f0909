/**
 * The table as postgres-resends.ts looks into it, leases and all, in a few lines: a row that lies outside of what
 * `device_boots` says is not found here either.
 */
import type { Reading } from '../../../../bridge/core/reading.ts'
import { LEASE_NUMBERS } from '../../../../bridge/core/seen-boot.ts'
import type { BootClaim, CheckedBoot } from '../../../../bridge/core/unverified.ts'

export interface Row {
  readonly deviceId: Reading['deviceId']
  readonly boot: string
  readonly seq: number
  readonly ts: number
}

interface Known {
  oldest: number
  leaseFrom: number
  leaseSince: number
}

export interface LookingTable {
  readonly rows: readonly Row[]
  store(rows: readonly Row[], claims: readonly BootClaim[]): readonly CheckedBoot[]
}

const widen = (known: Known, { oldest, leaseFrom, leaseSince }: BootClaim): void => {
  known.oldest = Math.min(known.oldest, oldest)
  if (leaseFrom === known.leaseFrom) known.leaseSince = Math.min(known.leaseSince, leaseSince)
  if (leaseFrom <= known.leaseFrom) return
  known.leaseFrom = leaseFrom
  known.leaseSince = leaseSince
}

export const createLookingTable = (): LookingTable => {
  const rows: Row[] = []
  const boots = new Map<string, Known>()

  /** The numbers that are found of those rows, and the highest there can be. */
  const look = (known: Known, sent: readonly Row[], claim: BootClaim) => {
    const lowest = Math.min(Number.MAX_SAFE_INTEGER, ...sent.map(({ seq }) => seq))
    const end = known.leaseFrom + LEASE_NUMBERS
    if (lowest >= end) return { there: [], highest: end - 1 }
    const isWhole = lowest < known.leaseFrom
    const since = isWhole ? known.oldest : known.leaseSince
    const there = rows
      .filter(({ deviceId, boot, ts }) => deviceId === claim.deviceId && boot === claim.boot && ts >= since)
      .map(({ seq }) => seq)
    return { there, highest: Math.max(isWhole ? -1 : known.leaseFrom - 1, ...there) }
  }

  return {
    rows,
    store: (batch, claims) => {
      const left = new Set<Row>()
      const checked = claims.map((claim) => {
        const sent = batch.filter(({ deviceId, boot }) => deviceId === claim.deviceId && boot === claim.boot)
        const key = `${claim.deviceId} ${claim.boot}`
        const known = boots.get(key)
        const { there, highest } = known === undefined ? { there: [], highest: -1 } : look(known, sent, claim)
        if (known === undefined) boots.set(key, { ...claim })
        else widen(known, claim)
        const before = new Set(there)
        for (const row of sent) {
          if (before.has(row.seq)) left.add(row)
          before.add(row.seq)
        }
        return { ...claim, highest }
      })
      for (const row of batch) if (!left.has(row)) rows.push(row)
      return checked
    },
  }
}
