import { type Board, type BoardKind, createBoard } from './board.ts'
import { createCameraPictures } from './picture.ts'
import { createRandom } from './random.ts'
import type { SimulateOptions } from './simulate-options.ts'

const NAMES: { readonly [kind in BoardKind]: string } = {
  sensor: '',
  camera: 'camera-',
  faulty: 'faulty-',
  clockless: 'clockless-',
}

/** The longest a board has been running when it is first heard of. */
const MAX_UPTIME_MS = 3 * 86_400_000

/** `sim-001`, `sim-camera-1`: all boards of a simulation, as its seed makes them. */
export const makeBoards = (
  { counts, seed, prefix }: Pick<SimulateOptions, 'counts' | 'seed' | 'prefix'>,
  now: number,
): readonly Board[] => {
  const pictures = createCameraPictures()
  const random = createRandom(seed)
  return (Object.keys(NAMES) as BoardKind[]).flatMap((kind) => {
    const count = counts[kind]
    const digits = String(count).length
    return Array.from({ length: count }, (_, index) => {
      const id = `${prefix}${NAMES[kind]}${String(index + 1).padStart(digits, '0')}`
      const bootAt = now - Math.floor(random() * MAX_UPTIME_MS)
      return createBoard(kind, { id, index, seed, bootAt, pictures })
    })
  })
}
