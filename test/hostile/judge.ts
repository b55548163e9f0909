/** What must hold in the end, whatever was done. */
import { keyOf, type Reading } from '../oracle/boards/reading.ts'
import type { Row } from '../oracle/verdict/evidence.ts'
import { judgeProcess } from '../oracle/verdict/process.ts'
import { judgeRows } from '../oracle/verdict/rows.ts'
import type { Ended } from '../support/sluice.ts'
import type { Seen, Sent } from './boards/fleet.ts'

type Log = readonly Readonly<Record<string, unknown>>[]

const SHOWN = 5

/** The process stopped when it was told to, and said nowhere that something broke inside. */
export const judgeEnd = (ended: Ended, log: Log): readonly string[] => {
  const unexpected = log.filter((line) => /unexpected error/i.test(JSON.stringify(line)))
  return [
    ...judgeProcess({ ends: [ended], log }),
    ...unexpected.slice(0, SHOWN).map((line) => `log: ${JSON.stringify(line).slice(0, 2_000)}`),
  ]
}

/** Every board was served, and none lost its connection. */
export const judgeService = (when: string, { unserved, lost, refused }: Seen): readonly string[] => [
  ...unserved.map((board) => `boards: ${board} was acked nothing ${when}`),
  ...lost.slice(0, SHOWN).map((why) => `boards: ${when}, ${why}`),
  ...(refused > 0 ? [`boards: a new one was not let in ${refused} times ${when}`] : []),
]

/** Every reading that an honest board was acked is one row, as it was sent. Rows of other boots are strangers'. */
export const judgeHonestRows = (
  all: readonly Row[],
  sent: readonly Sent[],
  boot: string,
): readonly string[] => {
  const readings = sent.flatMap((board) =>
    Array.from({ length: board.sent }, (_, index): Reading => {
      return { deviceId: board.deviceId, boot, seq: index + 1, ts: null }
    }),
  )
  const known = new Map(readings.map((reading) => [keyOf(reading), { reading }]))
  const { found, problems } = judgeRows(
    all.filter((row) => row.boot === boot),
    known,
  )
  const missing = sent.flatMap(({ deviceId, acked }) =>
    acked.map((seq) => keyOf({ deviceId, boot, seq })).filter((key) => !found.has(key)),
  )
  const unacked = sent.filter((board) => board.acked.length < board.sent)
  return [
    ...problems.slice(0, SHOWN),
    ...missing
      .slice(0, SHOWN)
      .map((key) => `rows: ${key} was acked and is no row (${missing.length} in all)`),
    ...unacked.map(
      ({ deviceId, sent, acked }) => `boards: ${deviceId} sent ${sent}, was acked ${acked.length}`,
    ),
  ]
}
