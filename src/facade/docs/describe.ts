/** A route as the API document tells it: its schemas, what operations.ts adds, and the refusals of every route. */
import type { FastifySchema, RouteOptions } from 'fastify'
import { isUnlimited } from '../http/board-routes.ts'
import { accessOf, isOpenTo, type Openness } from '../http/route-access.ts'
import type { JsonSchema } from './bodies.ts'
import { EXAMPLES } from './examples.ts'
import { OPERATIONS, type Operation } from './operations.ts'

type Statuses = { readonly [status: string]: unknown }
export type DocumentedRoute = Pick<RouteOptions, 'method' | 'url' | 'schema'>
/** A schema after zod: what the document is made of. */
export type Described = {
  [part in
    | keyof FastifySchema
    | 'summary'
    | 'tags'
    | 'security'
    | 'produces'
    | 'operationId'
    | 'hide']?: unknown
}

const nameOf = ({ method, url }: DocumentedRoute): string => `${String(method)} ${url}`

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** What a generated client calls it: `getBuzzerStatusByDeviceId`. */
const operationIdOf = ({ method, url }: DocumentedRoute): string => {
  const words = url.replace(/^\/api\/v1/, '').match(/:?\w+/g) ?? []
  const camel = words.map((word) =>
    word.startsWith(':') ? `By${capitalised(word.slice(1))}` : capitalised(word),
  )
  return String(method).toLowerCase() + camel.join('')
}

/** In the schema, where @fastify/swagger looks for it. */
const withExample = (schema: unknown, example: unknown): JsonSchema => ({
  ...(schema as JsonSchema),
  ...(example === undefined ? {} : { examples: [example] }),
})

const byContentType = (types: { readonly [type: string]: JsonSchema }, example?: unknown) => ({
  content: Object.fromEntries(
    Object.entries(types).map(([type, schema]) => [type, { schema: withExample(schema, example) }]),
  ),
})

/** In the place where @fastify/swagger looks for it: a plain `description` is the schema's. */
const described = (description: string) => ({ 'x-response-description': description })

const refusal = (description: string) => ({
  ...described(description),
  type: 'object',
  properties: { success: { type: 'boolean', const: false }, error: { type: 'string' } },
  required: ['success', 'error'],
})

/** Not those of supervisors. */
const isOfClients = ({ url }: DocumentedRoute): boolean => /^\/(api|data|recordings)\//.test(url)

/** Any one of them. A token is made of a secret or the key, not of a token. */
const securityOf = (route: DocumentedRoute, { apiKey }: Openness): readonly object[] => [
  { basic: [] },
  ...(accessOf(route).operation === 'login' ? [] : [{ bearer: [] }]),
  ...(apiKey === undefined ? [] : [{ header: [] }, { query: [] }]),
]

const REFUSALS = {
  401: refusal('Nobody is known by these credentials, or there are none'),
  403: refusal('Known, and not allowed to do this'),
}

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

const statusesOf = (route: DocumentedRoute, given: Statuses, openness: Openness): Statuses => {
  const limited = route.url.startsWith('/api/') && !isUnlimited(route)
  return {
    ...(isOfClients(route) ? { '4xx': refusal(MEANINGS[4] ?? ''), '5xx': refusal(MEANINGS[5] ?? '') } : {}),
    ...withMeanings(given),
    ...(isOpenTo(route, openness) ? {} : REFUSALS),
    ...(limited ? { 429: refusal('Too many requests; see Retry-After') } : {}),
  }
}

/** The body as it is best sent. */
const bodyOf = ({ body }: Operation, example: unknown, { body: schema }: Described): unknown => {
  if (body === 'none') return undefined
  return body === undefined ? schema : byContentType(body, example)
}

/** Whether operations.ts knows it: files have no schema of their own. */
export const isDescribed = (route: DocumentedRoute): boolean => nameOf(route) in OPERATIONS

/** What operations.ts and examples.ts say of a route, over what its schemas say. */
export const describeRoute = (route: DocumentedRoute, schema: Described, openness: Openness): Described => {
  const known = OPERATIONS[nameOf(route)]
  if (known === undefined) return schema
  const example = EXAMPLES[nameOf(route)]
  const { query, headers, answer } = known
  const given = (schema.response ?? { 200: { type: 'object' } }) as Statuses
  const told = answer === undefined ? withExample(given[200], example?.answer) : byContentType(answer)
  return {
    ...schema,
    hide: false,
    // What is no JSON is told by operations.ts; errors are JSON everywhere.
    produces: undefined,
    operationId: operationIdOf(route),
    summary: known.summary,
    tags: [known.tag],
    body: bodyOf(known, example?.body, schema),
    ...(query === undefined ? {} : { querystring: query }),
    ...(headers === undefined ? {} : { headers }),
    response: statusesOf(route, { ...given, ...(200 in given ? { 200: told } : {}) }, openness),
    ...(isOpenTo(route, openness) ? {} : { security: securityOf(route, openness) }),
  }
}
