/**
 * How much one client may ask of the API in a minute. All boards of a site may come from one address (a tunnel),
 * so the limit is per device wherever a request names one, and an address is limited only where it names none.
 * What a device sends and what is asked about it count apart: a dashboard that reads too often must not cost a
 * board its readings.
 *
 * Ids cost nothing to invent. So an address has a ceiling of its own, far above what one process can serve, and
 * the counters are bounded: the one unused for longest makes room, which forgives and never punishes.
 */
import type { FastifyRequest, onRequestHookHandler, preValidationHookHandler } from 'fastify'
import { parseDeviceId } from '../../../bridge/index.ts'
import { networkOf } from '../../network.ts'
import type { FacadeApp, FacadeDeps, FacadeOptions } from '../app.ts'
import { RequestError } from '../errors.ts'
import { isUnlimited } from './board-routes.ts'
import { createLimiter } from './limiter.ts'
import { shareLimits } from './shared-limits.ts'

const WINDOW_MS = 60_000
/** About 300 bytes each. */
const MAX_KEYS = 10_000
/** An address may send what this many devices may, and at least the smallest ceiling: 1,600 boards' readings. */
const DEVICES_PER_ADDRESS = 100
const SMALLEST_CEILING = 100_000
const TOO_MANY = 'Too many requests, please try again later'

const fieldOf = (source: unknown, name: string): unknown =>
  typeof source === 'object' && source !== null ? (source as Record<string, unknown>)[name] : undefined

/** The device a request is about, as far as that is told without reading its body twice. */
const namedDevice = ({ headers, params, query, body }: FastifyRequest): unknown =>
  headers['device-id'] ??
  headers['x-device-id'] ??
  fieldOf(params, 'deviceId') ??
  fieldOf(query, 'deviceId') ??
  fieldOf(body, 'deviceId') ??
  fieldOf(body, 'id')

/** Whose counter a request counts on. */
export const limitKeyOf = (request: FastifyRequest): string => {
  const named = namedDevice(request)
  const deviceId = parseDeviceId(typeof named === 'number' ? String(named) : named)
  const reads = request.method === 'GET' || request.method === 'HEAD'
  return `${reads ? 'reads' : 'writes'} of ${deviceId === undefined ? 'address' : 'device'} ${deviceId ?? networkOf(request.ip)}`
}

interface Limits extends Pick<FacadeOptions, 'rateLimitMax'>, Pick<FacadeDeps, 'clock' | 'bus'> {
  /** Requests a minute and address, whatever devices they name. */
  readonly addressMax?: number
}

/**
 * From here on, routes of this scope are limited, those of boards that are exempt excepted. Made by hand: the
 * plugin for it awaits four times for each request, which took an ingest more time than storing its reading.
 */
export const useRateLimit = (scope: FacadeApp, { clock, bus, rateLimitMax, addressMax }: Limits): void => {
  const ceiling = addressMax ?? Math.max(rateLimitMax * DEVICES_PER_ADDRESS, SMALLEST_CEILING)
  const limiterOf = (kind: string, max: number) => {
    const limiter = createLimiter(clock, { max, windowMs: WINDOW_MS, maxKeys: MAX_KEYS })
    if (bus === undefined) return limiter.take
    const shared = shareLimits(bus, kind, limiter, max)
    scope.addHook('onClose', async () => shared.end())
    return shared.take
  }
  const takeOfAddress = limiterOf('limits-of-addresses', ceiling)
  const takeOfDevice = limiterOf('limits-of-devices', rateLimitMax)

  const limitAddress: onRequestHookHandler = (request, reply, done) => {
    const { exceeded, resetS } = takeOfAddress(networkOf(request.ip))
    if (!exceeded) return done()
    reply.header('retry-after', resetS)
    done(new RequestError(429, TOO_MANY))
  }
  // Once the body is read, as it was sent: it may name the device.
  const limitDevice: preValidationHookHandler = (request, reply, done) => {
    const { exceeded, remaining, resetS } = takeOfDevice(limitKeyOf(request))
    reply.header('ratelimit-limit', rateLimitMax)
    reply.header('ratelimit-remaining', remaining)
    reply.header('ratelimit-reset', resetS)
    if (!exceeded) return done()
    reply.header('retry-after', resetS)
    done(new RequestError(429, TOO_MANY))
  }
  scope.addHook('onRoute', (route) => {
    if (isUnlimited(route)) return
    route.onRequest = [limitAddress, route.onRequest ?? []].flat()
    route.preValidation = [limitDevice, route.preValidation ?? []].flat()
  })
}
