/**
 * Which readings came into the table by a replay, past the spool. A board that sends one of them after all is new to
 * the spool's windows, and so is one that waits in the spool at that moment: the sink asks here, in the transaction
 * that moves its cursor. A replay holds the lock of all cursors while it writes, so one of the two sees the other.
 */
import type pg from 'pg'
import { rowIdentity } from '../core/copy-row.ts'
import type { DeviceId, Reading } from '../core/reading.ts'

/** A board that has had its ack for longer than this does not send again. */
const KEEP = `interval '7 days'`

const NOTE = `
  INSERT INTO replayed_readings (device_id, boot, seq, replayed_at)
  SELECT *, now() FROM unnest($1::text[], $2::text[], $3::bigint[])
  ON CONFLICT (device_id, boot, seq) DO UPDATE SET replayed_at = EXCLUDED.replayed_at`
const FORGET = `DELETE FROM replayed_readings WHERE replayed_at <= now() - ${KEEP}`
const ANY = `SELECT FROM replayed_readings WHERE replayed_at > now() - ${KEEP} LIMIT 1`
const WHICH = `
  SELECT n::integer AS n FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY
    AS sent(device_id, boot, seq, n)
  JOIN replayed_readings USING (device_id, boot, seq)`

type Identity = Pick<Reading, 'deviceId' | 'boot' | 'seq'>

/** Three columns for `unnest`. */
export const columnsOf = (
  identities: readonly Identity[],
): readonly [readonly string[], readonly (string | null)[], readonly (number | null)[]] => [
  identities.map(({ deviceId }) => deviceId),
  identities.map(({ boot }) => boot),
  identities.map(({ seq }) => seq),
]

/** Takes note of readings with boot and seq, in the transaction that stores them. */
export const noteReplayed = async (client: pg.ClientBase, readings: readonly Identity[]): Promise<void> => {
  if (readings.length > 0) await client.query(NOTE, [...columnsOf(readings)])
}

/** Forgets what is over its time. */
export const forgetReplayed = async (client: pg.ClientBase): Promise<void> => {
  await client.query(FORGET)
}

interface Line {
  readonly text: string
  readonly identity: Identity | undefined
}

const linesOf = (chunks: readonly Uint8Array[]): readonly Line[] =>
  chunks.flatMap((chunk) =>
    Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      .toString('utf8')
      .split('\n')
      .filter((text) => text !== '')
      .map((text) => ({ text, identity: rowIdentity(text) })),
  )

export interface WithoutReplayed {
  readonly readings: readonly Uint8Array[]
  /** Readings left out, per device. */
  readonly resent: ReadonlyMap<DeviceId, number>
}

/**
 * The rows (COPY text) less those that a replay has stored. To be called after the cursor was moved, in the same
 * transaction. Nearly always one short query: the rows are read only in the week after a replay.
 */
export const withoutReplayed = async (
  client: pg.ClientBase | pg.Pool,
  readings: readonly Uint8Array[],
): Promise<WithoutReplayed> => {
  const resent = new Map<DeviceId, number>()
  if (readings.length === 0 || (await client.query(ANY)).rowCount === 0) return { readings, resent }
  const lines = linesOf(readings)
  const identities = lines.flatMap(({ identity }) => identity ?? [])
  const { rows } = await client.query<{ n: number }>(WHICH, [...columnsOf(identities)])
  if (rows.length === 0) return { readings, resent }
  const known = new Set(rows.map(({ n }) => identities[n - 1]))
  const kept = lines.filter(({ identity }) => identity === undefined || !known.has(identity))
  for (const identity of known) {
    if (identity !== undefined) resent.set(identity.deviceId, (resent.get(identity.deviceId) ?? 0) + 1)
  }
  return { readings: kept.map(({ text }) => Buffer.from(`${text}\n`, 'utf8')), resent }
}
