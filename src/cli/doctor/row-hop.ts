/** Whether the reading is a row of `sensor_data`: asked of Postgres itself where it is at hand, else of Sluice. */
import { setTimeout as delay } from 'node:timers/promises'
import { createPostgresPool } from '../../../bridge/index.ts'
import { errorText } from '../../error-text.ts'
import { redactUrl } from '../../redact.ts'
import type { HttpClient } from '../http-client.ts'
import { type Hop, HopFailure, HopSkipped, TimeUp } from './hop.ts'

export interface RowDeps {
  readonly deviceId: string
  readonly tag: string
  readonly http: HttpClient
  /** Undefined: it is not known from here. */
  readonly databaseUrl: string | undefined
}

const LOOK_EVERY_MS = 50
const TIMEOUT_MS = 10_000
const ADVICE =
  'bring Postgres back (what was acked waits in the spool and is stored then); GET /health and the log of Sluice say what is wrong'

const ROW = `
  SELECT 1 FROM sensor_data
  WHERE device_id = $1 AND ts > now() - interval '1 day' AND custom ->> 'doctor' = $2
  LIMIT 1`

const inDatabase = async (url: string, { deviceId, tag }: RowDeps, signal: AbortSignal): Promise<string> => {
  const pool = createPostgresPool({
    url,
    maxConnections: 1,
    connectTimeoutMs: 3_000,
    statementTimeoutMs: 5_000,
  })
  try {
    while (!signal.aborted) {
      const { rowCount } = await pool.query(ROW, [deviceId, tag])
      if ((rowCount ?? 0) > 0) return 'in sensor_data, asked of Postgres'
      await delay(LOOK_EVERY_MS)
    }
    throw new TimeUp(TIMEOUT_MS)
  } finally {
    // A server that hangs keeps nobody.
    void pool.end().catch(() => undefined)
  }
}

interface Share {
  readonly stored: number
  readonly spooled: number
  readonly inFlight: number
}

const shareOf = (body: unknown, deviceId: string): Share | undefined => {
  const { data } = (body ?? {}) as {
    readonly data?: { readonly devices?: readonly (Share & { deviceId: string })[] }
  }
  return data?.devices?.find((device) => device.deviceId === deviceId)
}

/** The balance sheet tells how many of the device's rows Postgres has, and how many are on their way. */
const inBalance = async ({ deviceId, http }: RowDeps, signal: AbortSignal): Promise<string> => {
  while (!signal.aborted) {
    const path = `/api/v1/system/balance?deviceId=${encodeURIComponent(deviceId)}`
    const { status, body } = await http.request(path)
    if (status === 401 || status === 403)
      throw new HopSkipped('Postgres is not at hand, and only operators and admins are told what it has')
    const share = shareOf(body, deviceId)
    if (share !== undefined && share.stored > 0 && share.spooled === 0 && share.inFlight === 0)
      return 'in Postgres, as the balance sheet counts it'
    await delay(LOOK_EVERY_MS)
  }
  throw new TimeUp(TIMEOUT_MS)
}

export const rowHop = (deps: RowDeps): Hop => ({
  name: 'row in Postgres',
  timeoutMs: TIMEOUT_MS,
  run: async (signal) => {
    if (deps.databaseUrl === undefined) return await inBalance(deps, signal)
    const asked = [inDatabase(deps.databaseUrl, deps, signal), inBalance(deps, signal)]
    // The settings here may name another database than those of that Sluice: whoever has it tells.
    return await Promise.any(asked).catch((failed: AggregateError) => {
      throw failed.errors[0]
    })
  },
  onError: (error) =>
    error instanceof TimeUp
      ? new HopFailure(`not there within ${TIMEOUT_MS / 1_000} s`, ADVICE)
      : new HopFailure(`Postgres does not answer (${redactUrl(errorText(error))})`, ADVICE),
})
