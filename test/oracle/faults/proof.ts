/** What a fault waits for: that it hit, and that everything runs again. Seen from outside, by HTTP and SQL. */
import { eventually } from '../../support/eventually.ts'
import type { Ended } from '../../support/sluice.ts'
import type { World } from '../world.ts'

const PROOF_MS = 20_000
/** Long enough for a start with a spool to be read back, on a machine with other things to do. */
const HEALED_MS = 60_000
const ASK_MS = 5_000

type Check = () => boolean | Promise<boolean>

/** Waits for it; an error names `what`, and why it was not so when it was looked at last. */
export const seen = async (what: string, check: Check, timeoutMs = PROOF_MS): Promise<void> => {
  try {
    await eventually(check, timeoutMs)
  } catch (cause) {
    throw new Error(`not seen within ${timeoutMs} ms: ${what}`, { cause })
  }
}

interface Health {
  readonly status: string
  readonly degraded: readonly string[]
  readonly parts: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

export const healthOf = async (world: World): Promise<Health> => {
  const answer = await fetch(`${world.http}/health`, { signal: AbortSignal.timeout(ASK_MS) })
  return (await answer.json()) as Health
}

/** Sluice itself says that it does without this part. */
export const degraded = (world: World, part: 'database' | 'redis' | 'spool'): Promise<void> =>
  seen(`${part} is among what /health calls degraded`, async () =>
    (await healthOf(world)).degraded.includes(part),
  )

/** Sluice runs and has all it needs. */
export const healed = (world: World): Promise<void> =>
  seen(
    'Sluice runs and is healthy',
    async () => {
      const { status, degraded: without } = await healthOf(world)
      if (status !== 'healthy') throw new Error(`${status}: ${without.join(', ')}`)
      return true
    },
    HEALED_MS,
  )

/** How it ended; it must within the time that it gives itself, and some more. */
export const ended = async (world: World, timeoutMs = 30_000): Promise<Ended> => {
  const end = world.sluice.ended
  await seen('Sluice ends', () => world.sluice.pid === undefined, timeoutMs)
  return end
}

/** What Sluice's sessions in Postgres do, asked past the proxy. */
export const sessionsOf = async (world: World): Promise<number> => {
  const { rows } = await world.pool.query<{ count: string }>(
    `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sluice' AND datname = current_database()`,
  )
  return Number(rows[0]?.count)
}

/** The process ids of the sessions of Sluice that are in a COPY at this moment. */
export const copiesOf = async (world: World): Promise<readonly number[]> => {
  const { rows } = await world.pool.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_progress_copy JOIN pg_stat_activity USING (pid)
      WHERE application_name = 'sluice' AND pg_stat_activity.datname = current_database()`,
  )
  return rows.map(({ pid }) => pid)
}
