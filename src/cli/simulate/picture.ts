/**
 * What a simulated camera sees: a sky, a lawn, and a ball that crosses it. A few pictures are made when they are first
 * shown, and shown by all cameras in turn: to encode one takes some 30 ms.
 */
import { encodeJpeg, type Picture } from './jpeg-encoder.ts'

const WIDTH = 320
const HEIGHT = 240
const HORIZON = 150
const RADIUS = 22
const STEPS = 12
/** How long one picture is shown. */
const STEP_MS = 1_000

/** Grain, the same at the same place: a real sensor has some, and no picture compresses to nothing. */
const grain = (x: number, y: number): number => ((x * 73 + y * 151 + ((x * y) % 97) * 13) % 9) - 4

const sceneAt = (step: number): Picture => {
  const ballX = ((step + 0.5) * WIDTH) / STEPS
  const ballY = HORIZON + 20 - Math.abs(Math.sin((step * Math.PI) / 3)) * 60
  return {
    width: WIDTH,
    height: HEIGHT,
    at: (x, y) => {
      const noise = grain(x, y)
      if ((x - ballX) ** 2 + (y - ballY) ** 2 < RADIUS ** 2) return [110 + noise, 95, 205]
      if (y < HORIZON) return [150 + (HORIZON - y) / 3 + noise, 150, 110]
      return [95 + (y - HORIZON) / 4 + noise * 2, 100, 105]
    },
  }
}

const createPictures = () => {
  const made = new Map<number, Uint8Array>()
  return (step: number): Uint8Array => {
    const known = made.get(step)
    if (known !== undefined) return known
    const jpeg = encodeJpeg(sceneAt(step))
    made.set(step, jpeg)
    return jpeg
  }
}

export type Pictures = (now: number, camera: number) => Uint8Array

/** The pictures of cameras that look at the same lawn from other places. */
export const createCameraPictures = (): Pictures => {
  const pictures = createPictures()
  return (now, camera) => pictures((Math.floor(now / STEP_MS) + camera * 5) % STEPS)
}
