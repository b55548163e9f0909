/**
 * Where several nodes store into one table: a board that moves to another node and sends again is known by its boot
 * and seq though neither node has seen all of it. Each boot belongs to the spool that stored rows of it last. A batch
 * with rows of a boot of another spool takes the boot over, and looks whether the table has these rows already; it
 * does so alone, when every batch that was under way has ended. Calm boards cost one look by primary key a batch.
 *
 * A spool is sure of numbers that came through it, never of those that others stored before it took the boot over: up
 * to the highest of them it goes on to look, in every later batch. Whoever takes the boot over next notes it anew.
 *
 * Why it holds: batches that take nothing over run side by side, and none of them has rows of a boot that another
 * spool owns. One that takes over waits for all of them, so it sees whatever they stored; those after it see that the
 * boot is not theirs any more, and take it over in turn.
 */
import type pg from 'pg'
import { rowIdentity, SENSOR_COLUMNS } from '../core/copy-row.ts'
import type { DeviceId } from '../core/reading.ts'
import { LEASE_NUMBERS } from '../core/seen-boot.ts'
import type { BootClaim, CheckedBoot } from '../core/unverified.ts'
import { wellFormed } from '../core/well-formed.ts'
import type { Batch } from '../ports.ts'
import { insertNew } from './postgres-resends.ts'
import { linesOfBoots } from './resent-lines.ts'

/** The batch has to be stored again, alone. */
export class TakeOver extends Error {}

const KEY = `hashtext('sluice boot writers')`
const TOGETHER = `SELECT pg_advisory_xact_lock_shared(${KEY})`
const ALONE = `SELECT pg_advisory_xact_lock(${KEY})`
const MET_BY_OTHERS = `
  SELECT claim.nr::int AS nr, writer IS DISTINCT FROM $3 AS "isForeign", others_to::double precision AS "othersTo"
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS claim (device_id, boot, nr)
  JOIN device_boots USING (device_id, boot) WHERE writer IS DISTINCT FROM $3 OR others_to IS NOT NULL`
const TAKE = `
  UPDATE device_boots SET writer = $3, others_to = claim.highest
  FROM unnest($1::text[], $2::text[], $4::bigint[]) AS claim (device_id, boot, highest)
  WHERE device_boots.device_id = claim.device_id AND device_boots.boot = claim.boot`

const TAB = 0x09
const NEWLINE = 0x0a
const TS = SENSOR_COLUMNS.indexOf('ts')

interface Boot {
  readonly deviceId: DeviceId
  readonly boot: string
}

interface Met {
  readonly nr: number
  readonly isForeign: boolean
  /** Others stored no number above it; null when none of them had the boot before. */
  readonly othersTo: number | null
}

export interface OwnBoots {
  /** To be looked for. */
  readonly boots: readonly BootClaim[]
  /** Of other spools until now: `takeBoots` after the look. */
  readonly taken: readonly Boot[]
}

/** As the rows have it. */
const nameOf = ({ deviceId, boot }: Boot): string => `${wellFormed(deviceId)}\n${wellFormed(boot)}`

const viewOf = (chunk: Uint8Array): Buffer => Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)

/** Each boot with numbered rows in this text, once. */
const bootsIn = (chunks: readonly Uint8Array[]): readonly Boot[] => {
  const found = new Map<string, Boot | undefined>()
  for (const bytes of chunks) {
    const chunk = viewOf(bytes)
    for (let start = 0; start < chunk.length; ) {
      const newline = chunk.indexOf(NEWLINE, start)
      const end = newline === -1 ? chunk.length : newline
      const field = chunk.indexOf(TAB, chunk.indexOf(TAB, start) + 1)
      const name = chunk.toString('latin1', start, field)
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

/**
 * What has to be written of boots that their own node was sure of; never less than is true of their rows here. Those
 * whose rows are all above what others stored are left out.
 */
const claimsOf = (
  chunks: readonly Uint8Array[],
  boots: readonly (Boot & { readonly othersTo: number })[],
): readonly BootClaim[] => {
  if (boots.length === 0) return []
  const blank = boots.map((boot) => ({ ...boot, oldest: 0, leaseFrom: 0, leaseSince: 0 }))
  const lines = linesOfBoots(chunks, blank)
  return blank.flatMap((asked) => {
    const own = lines.get(asked) ?? []
    if (!own.some(({ seq }) => seq <= asked.othersTo)) return []
    const { deviceId, boot } = asked
    let oldest = Number.POSITIVE_INFINITY
    let highest = 0
    for (const { chunk, start, end, seq } of own) {
      const text = viewOf(chunks[chunk] ?? new Uint8Array()).toString('latin1', start, end)
      const ts = Date.parse(text.split('\t', TS + 1)[TS] ?? '')
      oldest = Math.min(oldest, Number.isNaN(ts) ? Number.MIN_SAFE_INTEGER : ts)
      highest = Math.max(highest, seq)
    }
    return [{ deviceId, boot, oldest, leaseFrom: highest - (highest % LEASE_NUMBERS), leaseSince: oldest }]
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
  if (inBatch.length === 0) return { boots, taken: [] }
  if (boots.length > 0) await insertNew(client, boots, spoolId)
  const { rows } = await client.query<Met>(MET_BY_OTHERS, [...namesOf(inBatch), spoolId])
  const asked = new Set(boots.map(nameOf))
  const taken: Boot[] = []
  const doubted: (Boot & { readonly othersTo: number })[] = []
  for (const { nr, isForeign, othersTo } of rows) {
    const boot = inBatch[nr - 1]
    if (boot === undefined) continue
    if (isForeign && !alone) throw new TakeOver('rows of boots that another node stored')
    if (isForeign) taken.push(boot)
    // Of a boot that is foreign still others may have stored any number.
    const reach = isForeign || othersTo === null ? Number.POSITIVE_INFINITY : othersTo
    if (!asked.has(nameOf(boot))) doubted.push({ ...boot, othersTo: reach })
  }
  return { boots: [...boots, ...claimsOf(readings, doubted)], taken }
}

/** Makes these boots this spool's, in the same transaction, with what the look has `checked`. */
export const takeBoots = async (
  client: pg.ClientBase,
  { spoolId, taken }: { readonly spoolId: string; readonly taken: readonly Boot[] },
  checked: readonly CheckedBoot[],
): Promise<void> => {
  if (taken.length === 0) return
  const highest = new Map(checked.map((boot) => [nameOf(boot), boot.highest]))
  const reaches = taken.map((boot) => highest.get(nameOf(boot)) ?? Number.MAX_SAFE_INTEGER)
  await client.query(TAKE, [...namesOf(taken), spoolId, reaches])
}
