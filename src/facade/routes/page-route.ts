/**
 * `GET /`: the dashboard, and the files it consists of at `/assets`. They hold no secret and are open to everyone; what
 * the page shows it has to ask for like any other client. Read once, each with the packed forms that the build left
 * beside it: the page is small, and answers must not wait for a disk.
 */
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { errorCode } from '../../error-code.ts'
import type { FacadeApp, FacadeOptions, RouteDeps } from '../app.ts'
import { acceptedCoding } from '../http/accepted-coding.ts'
import { weakTag } from '../http/conditional-get.ts'
import { pagePolicy } from '../http/page-policy.ts'

interface PageFile {
  readonly type: string
  readonly etag: string
  readonly plain: Buffer
  readonly br: Buffer | undefined
  readonly gzip: Buffer | undefined
}

const TYPES: { readonly [ending: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Their names change with what is in them. */
const IMMUTABLE = 'public, max-age=31536000, immutable'

const readIfThere = async (path: string): Promise<Buffer | undefined> => {
  try {
    return await readFile(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

const readPageFile = async (path: string): Promise<PageFile | undefined> => {
  const type = TYPES[extname(path)]
  const plain = type === undefined ? undefined : await readIfThere(path)
  if (type === undefined || plain === undefined) return undefined
  const [br, gzip] = await Promise.all([readIfThere(`${path}.br`), readIfThere(`${path}.gz`)])
  return { type, etag: weakTag(plain), plain, br, gzip }
}

/** By name; none where the page was not built. */
const readAssets = async (folder: string): Promise<ReadonlyMap<string, PageFile>> => {
  const names = await readdir(folder).catch((): readonly string[] => [])
  const found = await Promise.all(
    names.map(async (name) => [name, await readPageFile(join(folder, name))] as const),
  )
  return new Map(found.flatMap(([name, file]) => (file === undefined ? [] : [[name, file] as const])))
}

const send = (request: FastifyRequest, reply: FastifyReply, file: PageFile): FastifyReply => {
  const coding = acceptedCoding(request.headers['accept-encoding'], file)
  if (coding !== undefined) reply.header('content-encoding', coding)
  const body = coding === undefined ? file.plain : file[coding]
  return reply.header('etag', file.etag).type(file.type).send(body)
}

/** Where `pageFolder` is not given or holds no page, both paths are as unknown as any other. */
export const pageRoute = (app: FacadeApp, _deps: RouteDeps, { pageFolder }: FacadeOptions): void => {
  if (pageFolder === undefined) return
  app.register(async (pages: FacadeApp) => {
    const options = { compress: false as const, schema: { hide: true } }
    const index = await readPageFile(join(pageFolder, 'index.html'))
    if (index === undefined) return
    const assets = await readAssets(join(pageFolder, 'assets'))
    pages.get('/', options, (request, reply) => {
      reply
        .header('content-security-policy', pagePolicy(request.headers.host))
        .header('cache-control', 'no-cache')
      return send(request, reply, index)
    })
    pages.get('/assets/:file', options, (request, reply) => {
      const { file: name } = request.params as { readonly file: string }
      const file = assets.get(name)
      if (file === undefined) {
        reply.callNotFound()
        return reply
      }
      return send(request, reply.header('cache-control', IMMUTABLE), file)
    })
  })
}
