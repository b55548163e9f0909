/**
 * Which rows of a batch the table has already, by device, boot and seq. Runs in the transaction that stores the
 * batch, for boots in doubt only (core/unverified.ts), and writes down for each of them where its rows will be found
 * (migrations/0006_device_boots.sql).
 *
 * Rows of `device_boots` are taken in the same order by everyone, new ones first: two writers of one database
 * wait for each other and never for ever. Whoever comes second looks with the eyes of a new statement, and sees what
 * the first has stored.
 */
import type pg from 'pg'
import type { DeviceId } from '../core/reading.ts'
import { LEASE_NUMBERS } from '../core/seen-boot.ts'
import { addSequence, type SequenceRanges } from '../core/sequence-ranges.ts'
import type { BootClaim, CheckedBoot } from '../core/unverified.ts'
import { wellFormed } from '../core/well-formed.ts'
import { type Line, type LinesOfBoots, linesOfBoots, withoutLines } from './resent-lines.ts'

export interface Looked {
  /** The chunks of the batch without the rows that are stored already. */
  readonly readings: readonly Uint8Array[]
  /** How many were left out. */
  readonly resent: ReadonlyMap<DeviceId, number>
  /** What is known of the boots now; true once the transaction is committed. */
  readonly checked: readonly CheckedBoot[]
}

const CLAIMS = `
  unnest($1::text[], $2::text[], $3::double precision[], $4::bigint[], $5::double precision[])
    AS claim (device_id, boot, oldest, lease_from, lease_since)`
const INSERT = `
  INSERT INTO device_boots AS known (device_id, boot, oldest, lease_from, lease_since, writer)
  SELECT device_id, boot, to_timestamp(oldest), lease_from, to_timestamp(lease_since), $6 FROM ${CLAIMS}
  ORDER BY device_id, boot`
const INSERT_NEW = `${INSERT} ON CONFLICT DO NOTHING RETURNING device_id AS "deviceId", boot`
const WIDEN = `
  ${INSERT}
  ON CONFLICT (device_id, boot) DO UPDATE SET
    oldest = least(known.oldest, EXCLUDED.oldest),
    lease_from = greatest(known.lease_from, EXCLUDED.lease_from),
    lease_since = CASE
      WHEN EXCLUDED.lease_from > known.lease_from THEN EXCLUDED.lease_since
      WHEN EXCLUDED.lease_from = known.lease_from THEN least(known.lease_since, EXCLUDED.lease_since)
      ELSE known.lease_since END
  WHERE EXCLUDED.oldest < known.oldest OR EXCLUDED.lease_from > known.lease_from
    OR (EXCLUDED.lease_from = known.lease_from AND EXCLUDED.lease_since < known.lease_since)`
const LOCK = `
  SELECT FROM device_boots JOIN unnest($1::text[], $2::text[]) AS claim (device_id, boot) USING (device_id, boot)
  ORDER BY device_id, boot FOR UPDATE OF device_boots`
/**
 * A boot whose lowest number lies above its lease is not looked for: no such number was ever stored. What was sent is
 * a multirange of each boot: it costs the same whatever the planner thinks of it and however little memory a query
 * may have, and only numbers that were sent come back.
 */
const LOOK = `
  SELECT claim.nr, known.lease_from::double precision AS "leaseFrom",
    claim.lowest < known.lease_from AS "isWhole",
    claim.lowest < known.lease_from + ${LEASE_NUMBERS} AS "isLooked",
    found.highest::double precision AS highest, found.there::double precision[] AS there
  FROM unnest($1::int[], $2::text[], $3::text[], $4::bigint[], $5::int8multirange[])
    AS claim (nr, device_id, boot, lowest, sent)
  JOIN device_boots AS known USING (device_id, boot)
  CROSS JOIN LATERAL (
    SELECT max(seq) AS highest, array_agg(seq) FILTER (WHERE seq <@ claim.sent) AS there
    FROM sensor_data AS stored
    WHERE stored.device_id = claim.device_id AND stored.boot = claim.boot AND seq IS NOT NULL
      AND claim.lowest < known.lease_from + ${LEASE_NUMBERS}
      AND ts >= CASE WHEN claim.lowest < known.lease_from THEN known.oldest ELSE known.lease_since END
  ) AS found`

interface Found {
  readonly nr: number
  readonly leaseFrom: number
  /** Every row of the boot was looked at. */
  readonly isWhole: boolean | null
  readonly isLooked: boolean | null
  readonly highest: number | null
  readonly there: readonly number[] | null
}

/** Before any year that Postgres knows, less a margin. */
const EARLIEST_MS = -60_000_000_000_000

/** Seconds for `to_timestamp`; a little early, for a double is not exact to the microsecond. */
const secondsOf = (epochMs: number): number =>
  epochMs < EARLIEST_MS ? Number.NEGATIVE_INFINITY : (epochMs - 1) / 1000

const namesOf = (boots: readonly BootClaim[]): readonly [string[], string[]] => [
  boots.map(({ deviceId }) => wellFormed(deviceId)),
  boots.map(({ boot }) => wellFormed(boot)),
]

const claimValues = (boots: readonly BootClaim[]): readonly unknown[] => [
  ...namesOf(boots),
  boots.map(({ oldest }) => secondsOf(oldest)),
  boots.map(({ leaseFrom }) => leaseFrom),
  boots.map(({ leaseSince }) => secondsOf(leaseSince)),
]

/**
 * Writes down that rows of these boots are stored, in the transaction that stores them. For rows that are stored by
 * another way than the drain: without it they are not found when they are sent again.
 */
export const claimBoots = async (client: pg.ClientBase, boots: readonly BootClaim[]): Promise<void> => {
  if (boots.length > 0) await client.query(WIDEN, [...claimValues(boots), null])
}

/** No number above it is stored. */
const highestOf = ({ leaseFrom, isWhole, isLooked, highest }: Found): number => {
  if (isLooked !== true) return leaseFrom + LEASE_NUMBERS - 1
  return isWhole === true ? (highest ?? -1) : Math.max(highest ?? -1, leaseFrom - 1)
}

const rangesOf = (lines: readonly Line[]): SequenceRanges => {
  const ranges: SequenceRanges = []
  for (const seq of lines.map((line) => line.seq).sort((a, b) => a - b)) addSequence(ranges, seq)
  return ranges
}

const multirangeOf = (ranges: SequenceRanges): string => {
  const parts: string[] = []
  for (let i = 0; i < ranges.length; i += 2) parts.push(`[${ranges[i]},${ranges[i + 1]}]`)
  return `{${parts.join(',')}}`
}

const look = async (
  client: pg.ClientBase,
  boots: readonly BootClaim[],
  lines: LinesOfBoots<BootClaim>,
): Promise<readonly Found[]> => {
  const names = namesOf(boots)
  await client.query(LOCK, [...names])
  const sent = boots.map((boot) => rangesOf(lines.get(boot) ?? []))
  // A boot without a line that has a number has no lowest: nothing is looked for.
  const lowest = sent.map(([first]) => first ?? null)
  const values = [boots.map((_, nr) => nr), ...names, lowest, sent.map(multirangeOf)]
  const { rows } = await client.query<Found>(LOOK, values)
  return rows
}

/**
 * Those that this database has never seen are written down at once; the others are what is returned. `writer`: the
 * spool they belong to (boot-writers.ts).
 */
export const insertNew = async (
  client: pg.ClientBase,
  boots: readonly BootClaim[],
  writer: string | null = null,
): Promise<readonly BootClaim[]> => {
  const { rows } = await client.query<{ deviceId: string; boot: string }>(INSERT_NEW, [
    ...claimValues(boots),
    writer,
  ])
  const inserted = new Set(rows.map(({ deviceId, boot }) => `${deviceId}\n${boot}`))
  return boots.filter(({ deviceId, boot }) => !inserted.has(`${wellFormed(deviceId)}\n${wellFormed(boot)}`))
}

/**
 * The batch without what is stored already, or twice in it. To be called in the transaction of the COPY, before it.
 * Errors are those of `pg`. Measured: a look takes 2–4 ms; then a boot that is new 10–50 µs, one that is known 1–4 µs
 * for each row it has had since its lease began (1,000 at most for a board that counts in order). A number from
 * before the lease takes as much for each row of the boot: half a second for a million.
 */
export const withoutResends = async (
  client: pg.ClientBase,
  { boots, readings }: { readonly boots: readonly BootClaim[]; readonly readings: readonly Uint8Array[] },
): Promise<Looked> => {
  const lines = linesOfBoots(readings, boots)
  const known = await insertNew(client, boots)
  const found = known.length === 0 ? [] : await look(client, known, lines)
  await claimBoots(client, known)
  const foundOf = new Map(found.map((one) => [known[one.nr], one]))
  const resent = new Map<DeviceId, number>()
  const left: Line[] = []
  for (const [boot, all] of lines) {
    const there = new Set(foundOf.get(boot)?.there)
    for (const line of all) {
      if (there.has(line.seq)) {
        left.push(line)
        resent.set(boot.deviceId, (resent.get(boot.deviceId) ?? 0) + 1)
      }
      there.add(line.seq)
    }
  }
  const checked = boots.map((boot) => {
    const one = foundOf.get(boot)
    return { ...boot, highest: one === undefined ? -1 : highestOf(one) }
  })
  return { readings: withoutLines(readings, left), resent, checked }
}
