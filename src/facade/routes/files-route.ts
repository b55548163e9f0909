/**
 * `GET`, `HEAD /data/<file>` and `/recordings/<file>`: files as they lie on disk, with ranges and revalidation. Only
 * names that a picture or a recording can have are looked for: no path, no dot file, no half-written file.
 */
import fastifyStatic from '@fastify/static'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseFrameFilename } from '../../../bridge/index.ts'
import { isRecordingName } from '../../recordings/index.ts'
import type { FacadeApp, FacadeDeps } from '../app.ts'

interface Folder {
  readonly path: string
  readonly root: () => string
  readonly holds: (filename: string) => boolean
}

const SEND_OPTIONS = { index: false, dotfiles: 'ignore', maxAge: 0 } as const

const nameIn = ({ params }: FastifyRequest): string =>
  typeof params === 'object' && params !== null && 'file' in params ? String(params.file) : ''

/** A 416 tells how long the file is; the library hands that over with its error. */
interface UnsatisfiedRange extends Error {
  readonly statusCode?: number
  readonly headers?: { readonly 'Content-Range'?: string }
}

/** The last so many bytes: of a shorter file that is all of it (RFC 9110, 14.1.2), which the library refuses. */
const SUFFIX = /^\s*bytes=\s*-0*[1-9]\d*\s*$/

/** What to do when a file is not sent. */
const errorHandler =
  (root: () => string) =>
  (error: UnsatisfiedRange, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (error.statusCode === 416 && SUFFIX.test(request.headers.range ?? '')) {
      delete request.headers.range
      return reply.code(200).sendFile(nameIn(request), root(), SEND_OPTIONS)
    }
    const contentRange = error.headers?.['Content-Range']
    if (contentRange !== undefined) reply.header('Content-Range', contentRange)
    throw error
  }

const useFolder = (app: FacadeApp, { path, root, holds }: Folder): void => {
  const schema = { hide: true }
  app.get(`${path}/:file`, { schema, errorHandler: errorHandler(root) }, (request, reply) => {
    const filename = nameIn(request)
    if (!holds(filename)) return reply.callNotFound()
    // A page of another origin may show it (quirk Q22).
    reply.header('Cross-Origin-Resource-Policy', 'cross-origin')
    return reply.sendFile(filename, root(), SEND_OPTIONS)
  })
  // As the older backend did it: to the folder, which is not listed.
  app.get(path, { schema }, (request, reply): FastifyReply => {
    const asked = request.url.split('?', 1)[0] ?? ''
    if (asked.endsWith('/')) {
      reply.callNotFound()
      return reply
    }
    return reply.redirect(`${asked}/`, 301)
  })
}

export const filesRoute = (app: FacadeApp, { frames, recordings }: FacadeDeps): void => {
  app.register(async (files: FacadeApp) => {
    await files.register(fastifyStatic, { serve: false })
    const isFrame = (name: string): boolean => parseFrameFilename(name) !== undefined
    useFolder(files, { path: '/data', root: () => frames.folder, holds: isFrame })
    useFolder(files, { path: '/recordings', root: () => recordings.folder, holds: isRecordingName })
  })
}
