import { type CheckedBalance, DROP_REASONS, type DropReason } from '../../../bridge/index.ts'
import type { BalanceSheet } from '../contract/system.ts'

const everyReason = (dropped: CheckedBalance['dropped']): BalanceSheet['dropped'] =>
  Object.fromEntries(DROP_REASONS.map((reason) => [reason, dropped[reason] ?? 0])) as Record<
    DropReason,
    number
  >

/** The balance as it is answered. */
export const toSheet = (balance: CheckedBalance): BalanceSheet => ({
  received: balance.received,
  stored: balance.stored,
  spooled: balance.spooled,
  inFlight: balance.inFlight,
  deduplicated: balance.deduplicated,
  deadLettered: balance.deadLettered,
  dropped: everyReason(balance.dropped),
  remainder: balance.remainder,
})
