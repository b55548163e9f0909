/**
 * What each route does, in the words of the table of rights (bridge/core/access.ts). A route that is not listed
 * cannot be registered.
 */
import type { RouteOptions } from 'fastify'
import type { Operation } from '../../../bridge/index.ts'
import { isBoardRoute, routeName } from './board-routes.ts'

/** Where a request that is sent for a device names it. `request`: the buzzer request it completes is the device's. */
export type DevicePlace = 'path' | 'headers' | 'body' | 'request'

export type RouteAccess =
  /** To everyone, whatever they say of themselves. */
  | { readonly operation: 'open' }
  /** To whoever proves who it is; checked by the route itself. */
  | { readonly operation: 'login' }
  | { readonly operation: 'send'; readonly device: DevicePlace }
  /** `keyless`: an API key asks nobody for itself here. */
  | { readonly operation: Exclude<Operation, 'send'>; readonly keyless?: true }

const OPEN: RouteAccess = { operation: 'open' }
const READ: RouteAccess = { operation: 'read' }
const BUZZ: RouteAccess = { operation: 'buzz' }
const MANAGE: RouteAccess = { operation: 'manage' }
const INSPECT: RouteAccess = { operation: 'inspect' }
const sendFor = (device: DevicePlace): RouteAccess => ({ operation: 'send', device })

/** By method and path; parameters have no names. */
export const ROUTE_ACCESS: { readonly [methodAndPath: string]: RouteAccess } = {
  'GET /': OPEN,
  'GET /assets/:': OPEN,
  'GET /health': OPEN,
  'GET /metrics': { operation: 'inspect', keyless: true },
  'GET /docs': OPEN,
  'GET /docs/*': OPEN,
  'GET /data': READ,
  'GET /data/:': READ,
  'GET /recordings': READ,
  'GET /recordings/:': READ,
  'GET /api/v1/openapi.json': READ,
  'POST /api/v1/auth/token': { operation: 'login' },
  'GET /api/v1/overview': READ,
  'GET /api/v1/devices': READ,
  'GET /api/v1/devices/:': READ,
  'DELETE /api/v1/devices/:': MANAGE,
  'POST /api/v1/devices/register': sendFor('body'),
  'POST /api/v1/devices/heartbeat': sendFor('body'),
  'POST /api/v1/devices/:/command': { operation: 'command' },
  'POST /api/v1/ingest/sensor-data': sendFor('body'),
  'GET /api/v1/sensor-data': READ,
  'GET /api/v1/history': READ,
  'GET /api/v1/buzzer/status/:': sendFor('path'),
  'PATCH /api/v1/buzzer/complete/:': sendFor('request'),
  'GET /api/v1/buzzer/status': READ,
  'POST /api/v1/buzzer/request': BUZZ,
  'POST /api/v1/buzzer/control': BUZZ,
  'POST /api/v1/buzzer/ping': BUZZ,
  'POST /api/v1/stream/fast': sendFor('headers'),
  'POST /api/v1/stream/stream': sendFor('headers'),
  'GET /api/v1/stream/frames': READ,
  'GET /api/v1/stream/live/:': READ,
  'POST /api/v1/stream/record': MANAGE,
  'GET /api/v1/stream/recordings': READ,
  'DELETE /api/v1/stream/recordings/:': MANAGE,
  'POST /api/v1/recognition/add-permitted-face': MANAGE,
  'GET /api/v1/system/status': READ,
  'GET /api/v1/system/performance': INSPECT,
  'GET /api/v1/system/balance': INSPECT,
  'GET /api/v1/system/overview': INSPECT,
}

type Route = Pick<RouteOptions, 'method' | 'url'>

/** Throws when nobody said who may call it. */
export const accessOf = (route: Route): RouteAccess => {
  const access = ROUTE_ACCESS[routeName(route)]
  if (access === undefined) throw new TypeError(`${routeName(route)} is missing in ROUTE_ACCESS`)
  return access
}

/** Who may come without credentials at all. */
export interface Openness {
  /** The doorkeeper lets anonymous clients in. */
  readonly anonymous: boolean
  /** They are because this machine alone reaches Sluice; what comes through a proxy is not of this machine. */
  readonly isLocal?: boolean | undefined
  /** Secret. */
  readonly apiKey: string | undefined
  readonly legacyOpen: boolean
}

/** Whether a client that says nothing of itself may call this route. */
export const isOpenTo = (route: Route, { anonymous, apiKey, legacyOpen }: Openness): boolean => {
  const access = accessOf(route)
  if (access.operation === 'open') return true
  if (access.operation === 'login') return false
  if (anonymous && (apiKey === undefined || 'keyless' in access)) return true
  return legacyOpen && isBoardRoute(route)
}

/** Where a client that says nothing of itself may come in. */
export interface Opening {
  readonly direct: boolean
  /** Through a proxy. */
  readonly forwarded: boolean
}

/** Whom this route lets in without credentials. */
export const openingOf = (route: Route, openness: Openness): Opening => {
  const { anonymous, isLocal } = openness
  return {
    direct: isOpenTo(route, openness),
    forwarded: isOpenTo(route, { ...openness, anonymous: anonymous && isLocal !== true }),
  }
}
