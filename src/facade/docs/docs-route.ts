import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FacadeApp } from '../app.ts'
import { DOCS_CSP, DOCS_PATH, type Docs } from './document.ts'

/** `GET /api/v1/openapi.json` */
export const openApiRoute = (api: FacadeApp, docs: Docs): void => {
  api.get('/openapi.json', async (_request, reply) => {
    const text = await docs.document()
    return reply.type('application/json; charset=utf-8').send(text)
  })
}

/**
 * `GET /docs`: the document as a page. It and what it loads need no key, so that a browser can show it; the key to
 * try a route with is entered there.
 */
export const docsRoute = (app: FacadeApp, docs: Docs): void => {
  const options = { compress: false as const, schema: { hide: true } }
  const show = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const [path = ''] = request.url.split('?', 1)
    // The prefix may come in any letter case, the names of the files may not.
    const { status, type, body } = await docs.page(DOCS_PATH + path.slice(DOCS_PATH.length))
    if (status !== 200) {
      reply.callNotFound()
      return reply
    }
    return reply.header('content-security-policy', DOCS_CSP).type(type).send(body)
  }
  app.get(DOCS_PATH, options, show)
  app.get(`${DOCS_PATH}/*`, options, show)
}
