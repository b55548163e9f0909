import type { BalanceTotal, Evidence } from './evidence.ts'

export const droppedInAll = ({ dropped }: BalanceTotal): number =>
  Object.values(dropped).reduce((sum, count) => sum + count, 0)

/**
 * What may be dropped here, and only there: QoS 0 at a full disk and in a stop, and rows of damaged files. How many
 * of these is bounded by the sheet itself: what boards sent, less the rows that there are.
 */
const isExplained = (reason: string, { played, ends }: Evidence): boolean => {
  switch (reason) {
    case 'spool-full-qos0':
      return played.some(({ kind }) => kind === 'disk')
    case 'stopping-qos0':
      return ends.some(({ code }) => code === 0) || played.some(({ name }) => name === 'kill-9-in-stop')
    case 'spool-damaged':
      return played.some(({ mayLose }) => mayLose)
    default:
      return false
  }
}

const equal = (what: string, told: number, seen: number): readonly string[] =>
  told === seen ? [] : [`balance: ${what} is ${told}, seen from outside ${seen}`]

/** The sheet is added up here once more, and held against what Postgres has and what the boards sent. */
export const judgeBalance = (evidence: Evidence): readonly string[] => {
  const { balance, balanceProblem, rows, deadLetters, traffic } = evidence
  if (balance === null) return [`balance: ${balanceProblem ?? 'not known'}`]
  const { received, stored, spooled, inFlight, deduplicated, deadLettered, dropped, remainder } = balance
  const sum = stored + spooled + inFlight + deduplicated + deadLettered + droppedInAll(balance)
  const forbidden = Object.entries(dropped).filter(
    ([reason, count]) => count !== 0 && !isExplained(reason, evidence),
  )
  return [
    ...(balanceProblem === null ? [] : [`balance: ${balanceProblem}`]),
    ...equal('remainder', remainder, 0),
    ...equal('received less all its places', received - sum, 0),
    ...equal('spooled, when all is quiet,', spooled, 0),
    ...equal('in flight, when all is quiet,', inFlight, 0),
    ...equal('stored', stored, rows.length),
    ...equal('dead-lettered', deadLettered, deadLetters.length),
    ...(received > traffic.transmissions
      ? [`balance: received is ${received}, but boards sent only ${traffic.transmissions}, resends included`]
      : []),
    ...Object.entries(balance)
      .filter(([, count]) => typeof count === 'number' && (!Number.isInteger(count) || count < 0))
      .map(([place, count]) => `balance: ${place} is ${count}`),
    ...forbidden.map(
      ([reason, count]) => `balance: dropped ${count} for ${reason}, which nothing here explains`,
    ),
  ]
}
