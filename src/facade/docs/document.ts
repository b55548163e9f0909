/**
 * The OpenAPI document, made from the routes and their schemas when it is first asked for: the libraries that make it
 * take 150 ms and 8 MB, which a start without readers of the document is spared.
 *
 * It is made by a second server that has the routes without their handlers, listens to nothing and is asked by
 * injection; the same one serves the page that shows the document.
 */
import fastify, { type FastifySchema } from 'fastify'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import type { FacadeApp, FacadeOptions } from '../app.ts'
import type { Openness } from '../http/route-access.ts'
import { type Described, type DocumentedRoute, describeRoute, isDescribed } from './describe.ts'
import { forGenerators, openApiHead } from './whole.ts'

export interface DocsPage {
  readonly status: number
  readonly type: string
  readonly body: Buffer
}

export interface Docs {
  /** The document's text. */
  document(): Promise<string>
  /** A file of the browsable page by its path, which begins with `DOCS_PATH`. */
  page(path: string): Promise<DocsPage>
}

export const DOCS_PATH = '/docs'

/** Nothing but the page itself may be loaded or asked; the page's styles are set by its scripts. */
export const DOCS_CSP =
  "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; img-src 'self' data:; object-src 'none'; style-src 'self' 'unsafe-inline'"

type DocsOptions = Openness & Pick<FacadeOptions, 'version'>

const openDocs = async (routes: readonly DocumentedRoute[], options: DocsOptions): Promise<Docs> => {
  const [{ default: swagger }, { default: swaggerUi }] = await Promise.all([
    import('@fastify/swagger'),
    import('@fastify/swagger-ui'),
  ])
  const app = fastify({ routerOptions: { caseSensitive: false, ignoreTrailingSlash: true } })
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => JSON.stringify)
  await app.register(swagger, {
    openapi: openApiHead(options),
    transformObject: (made) =>
      forGenerators('openapiObject' in made ? made.openapiObject : made.swaggerObject),
    transform: (input) => {
      const { schema, url } = jsonSchemaTransform(input)
      if (schema?.hide === true && !isDescribed(input.route)) return { schema, url }
      return {
        schema: describeRoute(input.route, (schema ?? {}) as Described, options) as FastifySchema,
        url,
      }
    },
  })
  await app.register(swaggerUi, { routePrefix: DOCS_PATH })
  for (const { method, url, schema } of routes) {
    app.route({ method, url, ...(schema && { schema }), handler: (_request, reply) => reply.callNotFound() })
  }
  await app.ready()
  const text = JSON.stringify(app.swagger())
  return {
    document: async () => text,
    page: async (path) => {
      const { statusCode, headers, rawPayload } = await app.inject({ method: 'GET', url: path })
      return { status: statusCode, type: String(headers['content-type']), body: rawPayload }
    },
  }
}

/** Notes every route of `app` from here on. */
export const createDocs = (app: FacadeApp, options: DocsOptions): Docs => {
  const routes: DocumentedRoute[] = []
  let opened: Promise<Docs> | undefined
  app.addHook('onRoute', ({ method, url, schema }) => {
    const documented = method !== 'HEAD' && method !== 'OPTIONS' && !url.startsWith(DOCS_PATH)
    if (documented) routes.push({ method, url, ...(schema && { schema }) })
  })
  const open = (): Promise<Docs> => {
    opened ??= openDocs(routes, options)
    return opened
  }
  return {
    document: async () => (await open()).document(),
    page: async (path) => (await open()).page(path),
  }
}
