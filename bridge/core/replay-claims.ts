/** What the table of boots has to know of readings that are stored past the spool: see unverified.ts. */
import type { Reading } from './reading.ts'
import { LEASE_NUMBERS } from './seen-boot.ts'
import type { BootClaim } from './unverified.ts'

type Claim = { -readonly [name in keyof BootClaim]: BootClaim[name] }

const blockOf = (seq: number): number => seq - (seq % LEASE_NUMBERS)

/** One claim for each boot among these readings; those without boot and seq need none. */
export const claimsOf = (readings: readonly Reading[]): readonly BootClaim[] => {
  const claims = new Map<string, Claim>()
  for (const { deviceId, boot, seq, ts } of readings) {
    if (boot === null || seq === null) continue
    const leaseFrom = blockOf(seq)
    const key = `${deviceId}/${boot}`
    const claim = claims.get(key)
    if (claim === undefined) {
      claims.set(key, { deviceId, boot, oldest: ts, leaseFrom, leaseSince: ts })
      continue
    }
    claim.oldest = Math.min(claim.oldest, ts)
    if (leaseFrom > claim.leaseFrom) {
      claim.leaseFrom = leaseFrom
      claim.leaseSince = ts
    } else if (leaseFrom === claim.leaseFrom) claim.leaseSince = Math.min(claim.leaseSince, ts)
  }
  return [...claims.values()]
}
