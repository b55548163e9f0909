import { frameUrl } from '../../../bridge/index.ts'
import type { FacadeApp, FacadeDeps } from '../app.ts'
import { framesAnswer, framesQuery } from '../contract/stream.ts'

/** `GET /api/v1/stream/frames`: the pictures on disk, newest first. */
export const framesRoute = (app: FacadeApp, { frames }: FacadeDeps): void => {
  const schema = { querystring: framesQuery, response: { 200: framesAnswer } }
  app.get('/stream/frames', { schema }, async ({ query }, reply) => {
    const stored = await frames.list()
    reply.header('Cache-Control', 'no-cache')
    const data = stored.slice(0, query.limit).map(({ filename, at, bytes }) => ({
      id: filename,
      url: frameUrl(filename),
      createdAt: new Date(at).toISOString(),
      size: bytes,
    }))
    return { success: true as const, data }
  })
}
