/**
 * One viewer's stream of pictures as `multipart/x-mixed-replace`. What a slow viewer cannot take is left out: at any
 * time one picture is on its way, one is ready, and the newest of those that came meanwhile waits.
 */
import { Readable } from 'node:stream'
import type { Clock } from '../../../bridge/index.ts'

const BOUNDARY = 'sluice-frame'
export const LIVE_CONTENT_TYPE = `multipart/x-mixed-replace; boundary=${BOUNDARY}`

const START = `--${BOUNDARY}\r\n`
/** The next boundary is sent with the picture before it: browsers show a picture when it is complete. */
const END = `\r\n${START}`

export interface LiveFrames {
  readonly stream: Readable
  /** Shows a picture, or leaves out the one that still waits. */
  show(jpeg: Uint8Array): void
  /** Ends the stream in good order. */
  end(): void
}

/** A stream that has begun; it is destroyed when its viewer takes nothing for `stallMs`. */
export const createLiveFrames = (clock: Clock, stallMs: number): LiveFrames => {
  let waiting: Uint8Array | undefined
  let isWanted = false
  let stalledAt: number | undefined

  const stream = new Readable({
    highWaterMark: 1,
    read: () => {
      isWanted = true
      stalledAt = undefined
      deliver()
    },
  })

  const deliver = (): void => {
    if (!isWanted || waiting === undefined || stream.readableEnded) return
    const jpeg = waiting
    waiting = undefined
    isWanted = false
    stream.push(`Content-Type: image/jpeg\r\nContent-Length: ${jpeg.byteLength}\r\n\r\n`)
    stream.push(jpeg)
    stream.push(END)
  }

  stream.push(START)
  return {
    stream,
    show: (jpeg) => {
      if (stream.destroyed) return
      if (waiting !== undefined) {
        const now = clock()
        stalledAt ??= now
        if (now - stalledAt > stallMs) {
          stream.destroy()
          return
        }
      }
      waiting = jpeg
      deliver()
    },
    end: () => {
      waiting = undefined
      stream.push(null)
    },
  }
}
