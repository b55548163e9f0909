import type { onErrorHookHandler } from 'fastify'
import type { FacadeDeps } from '../app.ts'
import { NoRoomError } from '../http/body-budget.ts'
import { readFrameHeaders } from './frame-headers.ts'

/** Counts the pictures that were refused before anyone saw them: too large to be gathered, too many at a time, or of no camera. */
export const countRefusedBodies =
  ({ events }: Pick<FacadeDeps, 'events'>): onErrorHookHandler =>
  (request, _reply, error, done) => {
    const { deviceId } = readFrameHeaders(request.headers)
    if (deviceId === undefined) events.emit('frame:refused', { deviceId: null, reason: 'bad-device-id' })
    else if (error.statusCode === 413) events.emit('frame:refused', { deviceId, reason: 'too-large' })
    else if (error instanceof NoRoomError) events.emit('frame:refused', { deviceId, reason: 'busy' })
    done()
  }
