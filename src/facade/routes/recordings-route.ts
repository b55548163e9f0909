import { isRecordingName } from '../../recordings/index.ts'
import type { FacadeApp, FacadeDeps } from '../app.ts'
import { errorAnswer } from '../contract/answers.ts'
import { deleteRecordingAnswer, deleteRecordingParams, recordingsAnswer } from '../contract/recordings.ts'

const failure = (error: string) => ({ success: false, error }) as const

/** `GET /api/v1/stream/recordings`: all of them, newest first. */
const useList = (app: FacadeApp, { recordings, log }: FacadeDeps): void => {
  const schema = { response: { 200: recordingsAnswer, 500: errorAnswer } }
  app.get('/stream/recordings', { schema }, async (_request, reply) => {
    try {
      const known = await recordings.list()
      const data = known.map(({ name, createdAt, bytes }) => ({
        id: name,
        url: `/recordings/${name}`,
        createdAt: new Date(createdAt).toISOString(),
        size: bytes,
      }))
      reply.header('Cache-Control', 'no-cache')
      return { success: true as const, data }
    } catch (error) {
      log?.error({ err: error }, 'the recordings could not be listed')
      return reply.code(500).send(failure('Failed to retrieve recordings'))
    }
  })
}

/** `DELETE /api/v1/stream/recordings/:filename`: nothing but a recording's name ever becomes a path. */
const useDelete = (app: FacadeApp, { recordings, log }: FacadeDeps): void => {
  const response = { 200: deleteRecordingAnswer, '4xx': errorAnswer, 500: errorAnswer }
  const schema = { params: deleteRecordingParams, response }
  app.delete('/stream/recordings/:filename', { schema }, async ({ params: { filename } }, reply) => {
    if (!isRecordingName(filename)) return reply.code(400).send(failure('Invalid filename'))
    try {
      if (!(await recordings.remove(filename))) return reply.code(404).send(failure('Not found'))
      return { success: true as const, message: `Deleted ${filename}` }
    } catch (error) {
      log?.error({ err: error }, 'a recording could not be deleted')
      return reply.code(500).send(failure('Failed to delete recording'))
    }
  })
}

export const recordingsRoute = (app: FacadeApp, deps: FacadeDeps): void => {
  useList(app, deps)
  useDelete(app, deps)
}
