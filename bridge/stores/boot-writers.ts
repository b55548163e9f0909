/**
 * Where several nodes store into one table: a board that moves to another node and sends again is known by its boot
 * and seq though neither node has seen all of it. Each boot belongs to the spool that stored rows of it last. A batch
 * with rows of a boot of another spool takes the boot over, and looks whether the table has these rows already; it
 * does so alone, when every batch that was under way has ended. Calm boards cost one look by primary key a batch.
 *
 * Why it holds: batches that take nothing over run side by side, and none of them has rows of a boot that another
 * spool owns. One that takes over waits for all of them, so it sees whatever they stored; those after it see that the
 * boot is not theirs any more, and take it over in turn. What others had stored by then is not in the memory of the new
 * owner, and may be sent again at any time: the highest of these numbers is kept, and whatever comes from below it is
 * looked for from then on.
 */
import type pg from 'pg'
import { rowIdentity } from '../core/copy-row.ts'
import type { DeviceId } from '../core/reading.ts'
import { LEASE_NUMBERS } from '../core/seen-boot.ts'
import type { BootClaim, CheckedBoot } from '../core/unverified.ts'
import { wellFormed } from '../core/well-formed.ts'
import type { Batch } from '../ports.ts'
import { insertNew } from './postgres-resends.ts'
import { tsOfLine } from './postgres-times.ts'
import { identityEnd, type Line, linesOfBoots, viewOf } from './resent-lines.ts'

/** The batch has to be stored again, alone. */
export class TakeOver extends Error {}

const KEY = `hashtext('sluice boot writers')`
const TOGETHER = `SELECT pg_advisory_xact_lock_shared(${KEY})`
const ALONE = `SELECT pg_advisory_xact_lock(${KEY})`
const OF_OTHERS = `
  SELECT claim.nr::int AS nr, writer IS DISTINCT FROM $3 AS "isTheirs", others_below::double precision AS "othersBelow"
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS claim (device_id, boot, nr)
  JOIN device_boots USING (device_id, boot) WHERE writer IS DISTINCT FROM $3 OR others_below > 0`
const TAKE = `
  UPDATE device_boots SET writer = $3 FROM unnest($1::text[], $2::text[]) AS claim (device_id, boot)
  WHERE device_boots.device_id = claim.device_id AND device_boots.boot = claim.boot`
const KEEP_HIGHEST = `
  UPDATE device_boots SET others_below = claim.highest + 1
  FROM unnest($1::text[], $2::text[], $3::bigint[]) AS claim (device_id, boot, highest)
  WHERE device_boots.device_id = claim.device_id AND device_boots.boot = claim.boot`

const NEWLINE = 0x0a

interface Boot {
  readonly deviceId: DeviceId
  readonly boot: string
}

interface Found {
  readonly nr: number
  /** Another spool stored rows of it last. */
  readonly isTheirs: boolean
  readonly othersBelow: number
}

/** A boot that others have stored rows of: perhaps any of the numbers below this one. */
interface Moved extends Boot {
  readonly othersBelow: number
}

export interface OwnBoots {
  /** To be looked for. */
  readonly boots: readonly BootClaim[]
  /** By `keyOf`: taken over from another spool in this transaction. */
  readonly taken: ReadonlySet<string>
}

/** A name as the table has it: a row never has any other. */
const keyOf = ({ deviceId, boot }: Boot): string => `${wellFormed(deviceId)}\n${wellFormed(boot)}`

/** Each boot with numbered rows in this text, once. */
const bootsIn = (chunks: readonly Uint8Array[]): readonly Boot[] => {
  const found = new Map<string, Boot | undefined>()
  for (const bytes of chunks) {
    const chunk = viewOf(bytes)
    for (let start = 0; start < chunk.length; ) {
      const newline = chunk.indexOf(NEWLINE, start)
      const end = newline === -1 ? chunk.length : newline
      const name = chunk.toString('latin1', start, identityEnd(chunk, start))
      // A row without a number says nothing of the others of its boot.
      if (found.get(name) === undefined) found.set(name, rowIdentity(chunk.toString('utf8', start, end)))
      start = end + 1
    }
  }
  return [...found.values()].filter((boot) => boot !== undefined)
}

const namesOf = (boots: readonly Boot[]): readonly [string[], string[]] => [
  boots.map(({ deviceId }) => wellFormed(deviceId)),
  boots.map(({ boot }) => wellFormed(boot)),
]

/** What has to be written of a boot with these rows: never less than is true of them. */
const claimOf = (boot: Boot, rows: readonly Line[], chunks: readonly Uint8Array[]): BootClaim => {
  let oldest = Number.POSITIVE_INFINITY
  let highest = 0
  for (const { chunk, start, seq } of rows) {
    const ts = Date.parse(tsOfLine(viewOf(chunks[chunk] ?? new Uint8Array()), start))
    oldest = Math.min(oldest, Number.isNaN(ts) ? Number.MIN_SAFE_INTEGER : ts)
    highest = Math.max(highest, seq)
  }
  return { ...boot, oldest, leaseFrom: highest - (highest % LEASE_NUMBERS), leaseSince: oldest }
}

/** Of boots that their own node was sure of, those with a row that others may have stored. */
const claimsOf = (chunks: readonly Uint8Array[], boots: readonly Moved[]): readonly BootClaim[] => {
  if (boots.length === 0) return []
  const blank = boots.map((boot) => ({ ...boot, oldest: 0, leaseFrom: 0, leaseSince: 0 }))
  const lines = linesOfBoots(chunks, blank)
  return blank.flatMap((moved) => {
    const { deviceId, boot, othersBelow } = moved
    const rows = lines.get(moved) ?? []
    return rows.some(({ seq }) => seq < othersBelow) ? [claimOf({ deviceId, boot }, rows, chunks)] : []
  })
}

/**
 * The boots to look for, in the transaction that stores the batch and before anything of it is. Throws TakeOver when
 * boots of others are among them and `alone` is false: then nothing was done. Errors are those of `pg`.
 */
export const ownBoots = async (
  client: pg.ClientBase,
  { spoolId, boots, readings }: Pick<Batch, 'spoolId' | 'boots' | 'readings'>,
  alone: boolean,
): Promise<OwnBoots> => {
  await client.query(alone ? ALONE : TOGETHER)
  const inBatch = bootsIn(readings)
  if (inBatch.length === 0) return { boots, taken: new Set() }
  if (boots.length > 0) await insertNew(client, boots, spoolId)
  const { rows } = await client.query<Found>(OF_OTHERS, [...namesOf(inBatch), spoolId])
  if (rows.length === 0) return { boots, taken: new Set() }
  const theirs = rows.filter(({ isTheirs }) => isTheirs).flatMap(({ nr }) => inBatch[nr - 1] ?? [])
  if (theirs.length > 0 && !alone) throw new TakeOver('rows of boots that another node stored')
  if (theirs.length > 0) await client.query(TAKE, [...namesOf(theirs), spoolId])
  const asked = new Set(boots.map(keyOf))
  const moved = rows.flatMap(({ nr, isTheirs, othersBelow }): readonly Moved[] => {
    const boot = inBatch[nr - 1]
    if (boot === undefined || asked.has(keyOf(boot))) return []
    const { deviceId, boot: name } = boot
    return [{ deviceId, boot: name, othersBelow: isTheirs ? Number.POSITIVE_INFINITY : othersBelow }]
  })
  return { boots: [...boots, ...claimsOf(readings, moved)], taken: new Set(theirs.map(keyOf)) }
}

/** Writes down how far others have stored the boots that were taken over, once the table was looked into. */
export const keepHighest = async (
  client: pg.ClientBase,
  checked: readonly CheckedBoot[],
  taken: OwnBoots['taken'],
): Promise<void> => {
  const found = checked.filter((boot) => taken.has(keyOf(boot)))
  if (found.length === 0) return
  await client.query(KEEP_HIGHEST, [...namesOf(found), found.map(({ highest }) => highest)])
}
