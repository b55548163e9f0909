/** What became of everything received, as lines of a sheet and a sentence. Pure. */
import { numbers } from '../format/numbers.ts'
import type { Balance } from './system-answer.ts'

export interface BalanceLine {
  readonly label: string
  readonly count: number
}

/** `duplicate-boot` is read as `duplicate boot`. */
const wordsOf = (reason: string): string => reason.replaceAll(/[-_]/g, ' ')

/** What `received` is the sum of. Reasons nothing was dropped for are left out. */
export const balanceLines = (balance: Balance): readonly BalanceLine[] => [
  { label: 'Stored in Postgres', count: balance.stored },
  { label: 'On disk, waiting for Postgres', count: balance.spooled },
  { label: 'Being written to disk', count: balance.inFlight },
  { label: 'Known already (sent twice)', count: balance.deduplicated },
  { label: 'Dead letters', count: balance.deadLettered },
  ...Object.entries(balance.dropped)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => ({ label: `Dropped: ${wordsOf(reason)}`, count })),
]

export interface Verdict {
  readonly isGood: boolean
  readonly text: string
}

export const balanceVerdict = ({ remainder }: Balance): Verdict => {
  if (remainder === 0) return { isGood: true, text: 'It sums: every reading is accounted for.' }
  const count = numbers.count(Math.abs(remainder))
  return remainder > 0
    ? { isGood: false, text: `${count} received and unaccounted for: look at the log.` }
    : { isGood: false, text: `${count} more accounted for than received: look at the log.` }
}
