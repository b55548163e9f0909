/** A route as the API document tells it: its schemas, what operations.ts adds, and the refusals of every route. */
import type { FastifySchema, RouteOptions } from 'fastify'
import type { FacadeOptions } from '../app.ts'
import { isBoardRoute, isUnlimited } from '../http/board-routes.ts'
import { type JsonSchema, OPERATIONS, type Operation } from './operations.ts'

type Statuses = { readonly [status: string]: unknown }
export type DocumentedRoute = Pick<RouteOptions, 'method' | 'url' | 'schema'>
/** A schema after zod: what the document is made of. */
export type Described = { [part in keyof FastifySchema | 'summary' | 'tags' | 'security']?: unknown }

const nameOf = ({ method, url }: DocumentedRoute): string => `${String(method)} ${url}`

const byContentType = (types: { readonly [type: string]: JsonSchema }) => ({
  content: Object.fromEntries(Object.entries(types).map(([type, schema]) => [type, { schema }])),
})

/** In the place where @fastify/swagger looks for it: a plain `description` is the schema's. */
const described = (description: string) => ({ 'x-response-description': description })

const refusal = (description: string) => ({
  ...described(description),
  type: 'object',
  properties: { success: { const: false }, error: { type: 'string' } },
  required: ['success', 'error'],
})

const isGuarded = (route: DocumentedRoute, { apiKey, legacyOpen }: FacadeOptions): boolean =>
  apiKey !== undefined && route.url.startsWith('/api/') && !(legacyOpen && isBoardRoute(route))

const MEANINGS: { readonly [firstDigit: string]: string } = {
  2: 'Done',
  4: 'Refused: `error` says why',
  5: 'Not now, or a failure: `error` says which',
}

const withMeanings = (statuses: Statuses): Statuses =>
  Object.fromEntries(
    Object.entries(statuses).map(([status, schema]) => [
      status,
      { ...described(MEANINGS[status.charAt(0)] ?? ''), ...(schema as JsonSchema) },
    ]),
  )

const statusesOf = (route: DocumentedRoute, given: Statuses, options: FacadeOptions): Statuses => {
  const limited = route.url.startsWith('/api/') && !isUnlimited(route)
  return {
    ...withMeanings(given),
    ...(isGuarded(route, options) ? { 401: refusal('No API key, or a wrong one') } : {}),
    ...(limited ? { 429: refusal('Too many requests; see Retry-After') } : {}),
  }
}

/** What operations.ts says of a route, over what its schemas say. */
export const describeRoute = (
  route: DocumentedRoute,
  schema: Described,
  options: FacadeOptions,
): Described => {
  const known: Operation | undefined = OPERATIONS[nameOf(route)]
  const { body, query, answer } = known ?? {}
  const given = (schema.response ?? { 200: { type: 'object' } }) as Statuses
  const statuses = answer === undefined ? given : { ...given, 200: byContentType(answer) }
  return {
    ...schema,
    ...(known === undefined ? {} : { summary: known.summary, tags: [known.tag] }),
    ...(body === undefined ? {} : { body: byContentType(body) }),
    ...(query === undefined ? {} : { querystring: query }),
    response: statusesOf(route, statuses, options),
    ...(isGuarded(route, options) ? { security: [{ header: [] }, { query: [] }] } : {}),
  }
}

/** What stands above the routes. */
export const openApiHead = ({ apiKey, version }: FacadeOptions) => ({
  openapi: '3.1.0' as const,
  info: {
    title: 'Sluice',
    version: version ?? '0.0.0',
    description:
      'Readings, devices, buzzers and cameras over HTTP. Every error is `success: false` and a sentence.',
  },
  ...(apiKey === undefined
    ? {}
    : {
        components: {
          securitySchemes: {
            header: { type: 'apiKey' as const, in: 'header', name: 'X-API-Key' },
            query: { type: 'apiKey' as const, in: 'query', name: 'apiKey' },
          },
        },
      }),
})
