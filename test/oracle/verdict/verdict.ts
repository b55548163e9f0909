/**
 * Guilty or not: whatever was acked is a row, once, as it was sent; nothing else is; what was lost was told; and
 * the balance sheet says the same. Decides from evidence that is seen from outside and touches nothing.
 */
import { keyOf } from '../boards/reading.ts'
import { momentOf } from '../timeline.ts'
import { judgeBalance } from './balance.ts'
import { judgeDeadLetters } from './dead-letters.ts'
import type { Evidence } from './evidence.ts'
import { judgeProcess } from './process.ts'
import { judgeRows } from './rows.ts'

export interface Verdict {
  /** Empty: passed. One sentence each. */
  readonly problems: readonly string[]
  /** Acked, missing, and counted by Sluice as lost to damage that was done to its files. */
  readonly toldLosses: number
  /** Acked and missing after such damage; Sluice said that there was damage, not how much. */
  readonly uncountedLosses: number
}

const TOLD_IN_LOG = /spool was damaged/i

interface Missing {
  readonly text: string
  readonly ackedAtMs: number
}

const missingReadings = ({ traffic, played }: Evidence, found: ReadonlySet<string>): readonly Missing[] =>
  [...traffic.acks.values()]
    .filter(({ reading }) => !found.has(keyOf(reading)))
    .map(({ reading: { deviceId, boot, seq }, how, atMs }) => ({
      text: `lost: ${deviceId} boot ${boot} seq ${seq}, ${how} ${momentOf(atMs, played)}`,
      ackedAtMs: atMs,
    }))

/** How long before a stake begins a reading may have been acked that still waited in the spool then. */
const WAITED_MS = 5_000

/** Whether what was acked then was perhaps in nothing but files that were damaged later. */
const wasAtStake = ({ played }: Evidence, ackedAtMs: number): boolean =>
  played.some(
    ({ mayLose, stake }) =>
      mayLose && stake !== null && ackedAtMs >= stake.fromMs - WAITED_MS && ackedAtMs <= stake.toMs,
  )

/** What is missing, held against what Sluice said is lost. */
const judgeLosses = (missing: readonly Missing[], evidence: Evidence): Verdict => {
  const excusable = missing.filter(({ ackedAtMs }) => wasAtStake(evidence, ackedAtMs))
  const problems = missing.filter(({ ackedAtMs }) => !wasAtStake(evidence, ackedAtMs)).map(({ text }) => text)
  const toldLosses = Math.min(excusable.length, evidence.balance?.dropped['spool-damaged'] ?? 0)
  const uncountedLosses = excusable.length - toldLosses
  if (uncountedLosses === 0 || evidence.log.some(({ msg }) => TOLD_IN_LOG.test(String(msg)))) {
    return { problems, toldLosses, uncountedLosses }
  }
  const silent = `${excusable.length} acked are missing after damage, Sluice told of ${toldLosses}`
  const texts = excusable.map(({ text }) => text)
  return { problems: [silent, ...problems, ...texts], toldLosses, uncountedLosses: 0 }
}

/** Reaches the verdict. */
export const judge = (evidence: Evidence): Verdict => {
  const { traffic, rows, deadLetters, played, unanswered } = evidence
  const ofRows = judgeRows(rows, traffic.readings)
  const ofLetters = judgeDeadLetters(deadLetters, traffic.unreadable, played)
  const losses = judgeLosses([...missingReadings(evidence, ofRows.found), ...ofLetters.missing], evidence)
  return {
    ...losses,
    problems: [
      ...played.flatMap(({ name, error }) => (error === null ? [] : [`fault ${name}: ${error}`])),
      ...evidence.troubles,
      ...losses.problems,
      ...ofRows.problems,
      ...ofLetters.problems,
      ...judgeBalance(evidence),
      ...judgeProcess(evidence),
      ...Array.from(unanswered, ([device, count]) => `unanswered: ${count} messages of ${device} got no ack`),
      ...Array.from(traffic.oddities, ([answer, count]) => `odd answer, ${count} times: ${answer}`),
    ],
  }
}
