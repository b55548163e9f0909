import { keyOf, measuredOf, type Reading } from '../boards/reading.ts'
import type { Row } from './evidence.ts'

export interface RowFindings {
  /** Keys of readings that have a row. */
  readonly found: ReadonlySet<string>
  readonly problems: readonly string[]
}

const keyOfRow = ({ deviceId, boot, seq }: Row): string => `${deviceId} ${boot} ${seq}`

const at = (epochMs: number): string => new Date(epochMs).toISOString()

/** What differs between a row and the reading it is of, `column: is, was sent`. */
export const differences = (row: Row, reading: Reading): readonly string[] => {
  const expected: Readonly<Record<string, unknown>> = {
    ...measuredOf(reading),
    ...(reading.ts === null ? {} : { ts: reading.ts, tsSource: 'device' }),
  }
  const actual: Readonly<Record<string, unknown>> = { ...row }
  return Object.entries(expected)
    .filter(([column, value]) => actual[column] !== value)
    .map(
      ([column, value]) =>
        `${column} is ${JSON.stringify(actual[column])}, sent was ${JSON.stringify(value)}`,
    )
}

/** Looks for rows that nobody sent, that are there twice, or that say something else than what was sent. */
export const judgeRows = (
  rows: readonly Row[],
  sent: ReadonlyMap<string, { readonly reading: Reading }>,
): RowFindings => {
  const byKey = new Map<string, Row[]>()
  for (const row of rows) {
    const key = keyOfRow(row)
    const others = byKey.get(key)
    if (others === undefined) byKey.set(key, [row])
    else others.push(row)
  }
  const problems: string[] = []
  for (const [key, copies] of byKey) {
    const reading = sent.get(key)?.reading
    if (reading === undefined) {
      problems.push(`foreign row: nobody sent ${key}`)
      continue
    }
    if (copies.length > 1) {
      const received = copies.map(({ receivedAt }) => at(receivedAt)).join(', ')
      problems.push(`doubled: ${key} is ${copies.length} rows, received ${received}`)
    }
    for (const row of copies) {
      const changed = differences(row, reading)
      if (changed.length > 0) problems.push(`changed: ${keyOf(reading)}: ${changed.join('; ')}`)
    }
  }
  return { found: new Set(byKey.keys()), problems }
}
