/** Which pictures are taken: the size first, which costs nothing, then whether it is one. */
import { checkJpeg } from './jpeg.ts'
import type { Rejection } from './rejection.ts'

/** What a way in demands of a picture beside being one. */
export interface FrameDemands {
  /** Default 1. */
  readonly minBytes?: number
  /** Default 20 MiB. */
  readonly maxBytes?: number
  /** Its end must be there: nothing was cut off on the way. Default: viewers show what there is. */
  readonly whole?: boolean
}

/** Of `/stream/fast` and `cameras/{id}/frame`. Cameras that stream send no picture under 5,000 bytes. */
export const FRAME_LIMITS = { minBytes: 5_000, maxBytes: 20_971_520 } as const

export type FrameFault = Rejection & { readonly reason: 'too-small' | 'too-large' | 'not-a-jpeg' }

/** Why the picture is not taken; undefined when it is. */
export const refuseFrame = (jpeg: Uint8Array, demands: FrameDemands): FrameFault | undefined => {
  const bytes = jpeg.byteLength
  const { minBytes = 1, maxBytes = FRAME_LIMITS.maxBytes } = demands
  if (bytes < minBytes) {
    return { reason: 'too-small', detail: `a picture of ${bytes} bytes, at least ${minBytes} are needed` }
  }
  if (bytes > maxBytes) {
    return { reason: 'too-large', detail: `a picture of ${bytes} bytes, at most ${maxBytes} are taken` }
  }
  const check = checkJpeg(jpeg)
  if (!check.ok) return { reason: 'not-a-jpeg', detail: `not a JPEG: ${check.detail}` }
  if (demands.whole === true && !check.whole) return { reason: 'not-a-jpeg', detail: 'not a JPEG: cut off' }
  return undefined
}
