/** The table at the end of a run. */
import type { Seen } from './boards/fleet.ts'
import { ownBound, usedBound } from './memory.ts'
import type { Outcome, Played } from './play.ts'

const COLUMNS = [
  'attack',
  's',
  'p50 ms',
  'p99 ms',
  '÷ calm',
  'p99 after',
  'connect p99',
  'acks',
  'peak MiB',
  'after MiB',
  'in use',
]
const FIRST = 12
const OTHER = 13

const ms = (value: number | null): string => (value === null ? '-' : value.toFixed(1))

const line = ([first = '', ...others]: readonly string[]): string =>
  `  ${first.padEnd(FIRST)}${others.map((cell) => cell.padStart(OTHER)).join('')}`

const ratio = (during: Seen, calm: Seen): string =>
  during.p99 === null || calm.p99 === null ? '-' : (during.p99 / calm.p99).toFixed(2)

const rowOf = (one: Played, calm: Seen): readonly string[] => [
  one.name,
  one.seconds.toFixed(1),
  ms(one.during.p50),
  ms(one.during.p99),
  ratio(one.during, calm),
  ms(one.after.p99),
  ms(one.during.connectP99),
  String(one.during.acks),
  one.peak.toFixed(0),
  one.memoryAfter.own.toFixed(0),
  one.memoryAfter.used.toFixed(0),
]

const calmRow = ({ calm, memoryBefore }: Outcome): readonly string[] => [
  'calm',
  '',
  ms(calm.p50),
  ms(calm.p99),
  '1.00',
  '',
  ms(calm.connectP99),
  String(calm.acks),
  '',
  memoryBefore.own.toFixed(0),
  memoryBefore.used.toFixed(0),
]

const countsOf = ({ name, counts }: Played): string =>
  `  ${name.padEnd(FIRST)}${Object.entries(counts)
    .map(([what, count]) => `${count.toLocaleString('en-US')} ${what}`)
    .join(', ')}`

export const tableOf = (outcome: Outcome): string => {
  const { played, calm, problems, seed, acked, memoryBefore } = outcome
  return [
    `\nhostile: seed ${seed}; latencies are those of honest boards from PUBLISH to PUBACK`,
    line(COLUMNS),
    line(calmRow(outcome)),
    ...played.map((one) => line(rowOf(one, calm))),
    '',
    ...played.map(countsOf),
    '',
    `  ${acked} honest readings acked; memory must come back under ${ownBound(memoryBefore).toFixed(0)} MiB, ${usedBound(memoryBefore).toFixed(0)} in use`,
    problems.length === 0 ? '  passed' : `  FAILED with ${problems.length} problems`,
    ...problems.map((problem) => `    ${problem}`),
  ].join('\n')
}
