/**
 * The routes that boards call, by method and path. What sketches never send (an API key) and what they do often
 * (a poll every 150 ms, 20 pictures a second) is allowed for here and nowhere else.
 */
import type { RouteOptions } from 'fastify'

type Route = Pick<RouteOptions, 'method' | 'url'>

/** `METHOD /path` without the names of parameters. A GET route answers HEAD too. */
export const routeName = ({ method, url }: Route): string =>
  `${method === 'HEAD' ? 'GET' : String(method)} ${url.replace(/:\w+/g, ':')}`

/** Without a limit: their rate is their nature, and each costs next to nothing or is bounded elsewhere. */
const UNLIMITED: ReadonlySet<string> = new Set([
  'POST /api/v1/devices/heartbeat',
  'GET /api/v1/buzzer/status/:',
  'POST /api/v1/stream/fast',
])

const BOARD_ROUTES: ReadonlySet<string> = new Set([
  ...UNLIMITED,
  'POST /api/v1/devices/register',
  'POST /api/v1/ingest/sensor-data',
  'PATCH /api/v1/buzzer/complete/:',
  'POST /api/v1/stream/stream',
])

/** Stays open with `LEGACY_OPEN=true` although an API key is set. */
export const isBoardRoute = (route: Route): boolean => BOARD_ROUTES.has(routeName(route))

export const isUnlimited = (route: Route): boolean => UNLIMITED.has(routeName(route))
