/**
 * Ids for new requests, reserved in blocks ahead of need, so that a request waits for no store. What is left of a
 * block when the process ends is never used.
 */
import type { BuzzerStore } from '../ports.ts'
import type { BuzzerLink } from './buzzer-link.ts'

/** Enough for the requests of an outage, and too few to matter when a restart skips them. */
const BLOCK_IDS = 1_000

export interface BuzzerIds {
  /** The next id; undefined when none is at hand, then `fill`. Reserves more in the background when few are left. */
  take(): number | undefined
  /** Reserves a block; one reservation at a time, whoever asks. Throws STORE_UNAVAILABLE. */
  fill(): Promise<void>
  /** Reserves a block in the background, when few ids are left and the store may be asked. */
  turn(): void
  readonly left: number
}

interface Block {
  next: number
  readonly end: number
}

/** No ids yet. @param blockIds ids in one reservation */
export const createBuzzerIds = (
  { store, link }: { readonly store: BuzzerStore; readonly link: BuzzerLink },
  blockIds: number = BLOCK_IDS,
): BuzzerIds => {
  const blocks: Block[] = []
  let reservedTo = 0
  let filling: Promise<void> | undefined

  const left = (): number => blocks.reduce((sum, { next, end }) => sum + end - next, 0)

  const reserve = async (): Promise<void> => {
    try {
      const first = await link.ask(() => store.reserveIds(blockIds, reservedTo))
      reservedTo = first + blockIds - 1
      blocks.push({ next: first, end: first + blockIds })
    } finally {
      filling = undefined
    }
  }

  const fill = (): Promise<void> => {
    filling ??= reserve()
    return filling
  }

  const turn = (): void => {
    // The link tells of a failure.
    if (left() <= blockIds / 2 && filling === undefined && link.due()) fill().catch(() => undefined)
  }

  return {
    take: () => {
      const block = blocks[0]
      if (block === undefined) return undefined
      const id = block.next
      block.next += 1
      if (block.next === block.end) blocks.shift()
      turn()
      return id
    },
    fill,
    turn,
    get left() {
      return left()
    },
  }
}
