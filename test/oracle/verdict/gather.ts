/** Sees for itself: Postgres by SQL, past everything of Sluice's, and the balance sheet over HTTP. */
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import type { World } from '../world.ts'
import type { BalanceTotal, DeadLetterRow, Evidence, Row } from './evidence.ts'

const POLL_MS = 150
const QUIET_POLLS = 3
const REQUEST_TIMEOUT_MS = 5_000

const ROWS = `
  SELECT device_id AS "deviceId", boot, seq::float8 AS seq, temperature, humidity, light_level AS "lightLevel",
    custom->>'mark' AS mark, (extract(epoch FROM ts) * 1000)::float8 AS ts, ts_source AS "tsSource",
    (extract(epoch FROM received_at) * 1000)::float8 AS "receivedAt"
  FROM sensor_data`

const DEAD_LETTERS = `SELECT convert_from(payload, 'UTF8') AS payload, reason FROM dead_letters`

export const readRows = async (pool: pg.Pool): Promise<readonly Row[]> => (await pool.query<Row>(ROWS)).rows

export const readDeadLetters = async (pool: pg.Pool): Promise<readonly DeadLetterRow[]> =>
  (await pool.query<DeadLetterRow>(DEAD_LETTERS)).rows

/** The counts of a balance sheet but for what was dropped, which has reasons. */
export const COUNTS = [
  'received',
  'stored',
  'spooled',
  'inFlight',
  'deduplicated',
  'deadLettered',
  'remainder',
] as const

const isTotal = (value: unknown): value is BalanceTotal => {
  if (typeof value !== 'object' || value === null || !('dropped' in value)) return false
  const { dropped } = value
  if (typeof dropped !== 'object' || dropped === null) return false
  const fields: Readonly<Record<string, unknown>> = { ...value }
  return COUNTS.every((name) => typeof fields[name] === 'number')
}

/** `data.total` of the route. Throws when there is no such route or it answers something else. */
export const readBalance = async (http: string): Promise<BalanceTotal> => {
  const answer = await fetch(`${http}/api/v1/system/balance`, {
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  })
  const text = await answer.text()
  if (answer.status !== 200)
    throw new Error(`GET /api/v1/system/balance: ${answer.status} ${text.slice(0, 200)}`)
  const body = JSON.parse(text) as { readonly data?: { readonly total?: unknown } }
  const total = body.data?.total
  if (!isTotal(total)) throw new Error(`GET /api/v1/system/balance: no sheet in ${text.slice(0, 500)}`)
  return total
}

/** Rows of the spool are all in Postgres, and nothing new comes. */
const isQuiet = (now: BalanceTotal, before: BalanceTotal | null): boolean =>
  now.spooled === 0 && now.inFlight === 0 && before !== null && now.received === before.received

type Quiet = Pick<Evidence, 'balance' | 'balanceProblem'>

/** Waits until the sheet is the same for some looks and nothing is under way; else gives the last one and says so. */
export const waitUntilQuiet = async (http: string, timeoutMs: number): Promise<Quiet> => {
  const deadline = performance.now() + timeoutMs
  let balance: BalanceTotal | null = null
  let balanceProblem: string | null = null
  for (let quiet = 0; quiet < QUIET_POLLS; ) {
    try {
      const now = await readBalance(http)
      quiet = isQuiet(now, balance) ? quiet + 1 : 0
      balance = now
      balanceProblem = null
    } catch (error) {
      balanceProblem = error instanceof Error ? error.message : String(error)
    }
    if (performance.now() > deadline) return { balance, balanceProblem: balanceProblem ?? 'never quiet' }
    await delay(POLL_MS)
  }
  return { balance, balanceProblem: null }
}

/** What Postgres has now; when it cannot be asked, that is a trouble. */
export const gatherStored = async ({
  pool,
}: Pick<World, 'pool'>): Promise<Pick<Evidence, 'rows' | 'deadLetters' | 'troubles'>> => {
  try {
    return { rows: await readRows(pool), deadLetters: await readDeadLetters(pool), troubles: [] }
  } catch (error) {
    return { rows: [], deadLetters: [], troubles: [`Postgres cannot be asked: ${String(error)}`] }
  }
}
