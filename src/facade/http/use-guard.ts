/** The guard before the routes of a scope: each is asked about by what route-access.ts says it does. */
import type {
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  preHandlerHookHandler,
  RouteOptions,
} from 'fastify'
import { type Identity, mayCall, parseDeviceId } from '../../../bridge/index.ts'
import type { FacadeApp } from '../app.ts'
import { readFrameHeaders } from '../routes/frame-headers.ts'
import { callerOf, noteCaller } from './caller.ts'
import { admitted, type Guard, isOpenFor, type Verdict } from './guard.ts'
import { accessOf, type DevicePlace, type Opening, openingOf, type RouteAccess } from './route-access.ts'
import { turnAway } from './turn-away.ts'

const fieldOf = (source: unknown, name: string): unknown =>
  typeof source === 'object' && source !== null ? (source as Record<string, unknown>)[name] : undefined

/**
 * The device a request is sent for, as its route will read it. What is told only later stands for the caller's own
 * until then: a body is not read yet, and a buzzer request is looked up by its route.
 */
const DEVICE_AT: { readonly [place in DevicePlace]: (request: FastifyRequest, own: string) => unknown } = {
  path: ({ params }) => parseDeviceId(fieldOf(params, 'deviceId')),
  headers: ({ headers }) => readFrameHeaders(headers).deviceId,
  body: (_request, own) => own,
  request: (_request, own) => own,
}

/** Every device that a checked body names; an ingest may hold readings of several. */
const devicesIn = (body: unknown): readonly unknown[] => {
  const many = fieldOf(body, 'devices')
  return Array.isArray(many) ? many.map((one) => fieldOf(one, 'deviceId')) : [fieldOf(body, 'deviceId')]
}

type Guarded = Exclude<RouteAccess, { operation: 'open' | 'login' }>

/** Of others than devices no id is asked for: nothing is read of the request. */
const allows = (identity: Identity, access: Guarded, request: FastifyRequest): boolean => {
  if (identity.role !== 'device' || access.operation !== 'send') return mayCall(identity, access.operation)
  const device = DEVICE_AT[access.device](request, identity.name)
  return typeof device === 'string' && mayCall(identity, 'send', device)
}

const createCheck =
  (guard: Guard, access: Guarded, opening: Opening): onRequestHookHandler =>
  (request, reply, done) => {
    const { headers, raw, ip: address } = request
    const isOpen = isOpenFor(opening, headers)
    const settle = (verdict: Verdict): void => {
      const identity = admitted(verdict, isOpen, opening)
      if (typeof identity === 'string') return void turnAway(guard, { request, reply }, identity)
      if (!allows(identity, access, request)) return void turnAway(guard, { request, reply }, 'forbidden')
      if (identity.role !== 'anonymous') noteCaller(request, identity)
      done()
    }
    const verdict = guard.judge({ headers, url: raw.url ?? '', address, connection: raw.socket, isOpen })
    if ('ok' in verdict) settle(verdict)
    else void verdict.then(settle).catch(done)
  }

/** Once the body has been read and checked: only then it is known which devices the route will see in it. */
const createBodyCheck =
  (guard: Guard): preHandlerHookHandler =>
  (request: FastifyRequest, reply: FastifyReply, done) => {
    const caller = callerOf(request)
    if (caller?.role !== 'device' || devicesIn(request.body).every((id) => id === caller.name)) return done()
    turnAway(guard, { request, reply }, 'forbidden')
  }

const guardRoute = (guard: Guard, route: RouteOptions): void => {
  const access = accessOf(route)
  if (access.operation === 'open' || access.operation === 'login') return
  const opening = openingOf(route, guard.openness)
  route.onRequest = [createCheck(guard, access, opening), route.onRequest ?? []].flat()
  if (access.operation === 'send' && access.device === 'body')
    route.preHandler = [createBodyCheck(guard), route.preHandler ?? []].flat()
}

/** From here on, routes of this scope ask who calls. One of which nobody said who may call it is an error. */
export const useGuard = (scope: FacadeApp, guard: Guard): void => {
  scope.addHook('onRoute', (route) => guardRoute(guard, route))
}
