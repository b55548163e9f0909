/** What the boards have to say. Each maker numbers the readings of one device. */
import type { Random } from '../random.ts'
import type { BoardKind, BoardMessage, MessageMaker } from './message.ts'
import { bodyOf, type Reading } from './reading.ts'

export interface MakerOptions {
  readonly kind: BoardKind
  readonly deviceId: string
  readonly random: Random
  /** The share of messages that nobody can read, 0 to 1. */
  readonly unreadable: number
  /** The share of messages that are sent although they were acked before. */
  readonly again: number
  /** REST bodies name their device. */
  readonly named: boolean
  /** Epoch ms of the newest old reading; null: one reading at a time, without a time. */
  readonly backfillFrom: number | null
}

/** How many acked messages a board may come back to. */
const REMEMBERED = 300
const SAMPLE_EVERY_MS = 613_000
const ARRAY = { least: 10, most: 50 } as const

/** A maker's numbers: one boot after the other. */
const createNumbers = ({ deviceId, random, backfillFrom }: MakerOptions) => {
  // Two worlds must not share a boot, nor may two boots of a board.
  const name = random.whole(0, 0xffffff).toString(16)
  let boots = 1
  let seq = 0
  return {
    next: (): Reading => {
      seq += 1
      // Every ten minutes a sample, back over weeks: some of them are in months without a partition yet.
      const ts = backfillFrom === null ? null : backfillFrom - seq * SAMPLE_EVERY_MS
      return { deviceId, boot: `${name}-${boots}`, seq, ts }
    },
    reboot: (): void => {
      boots += 1
      seq = 0
    },
  }
}

const shuffled = <T>(items: readonly T[], random: Random): readonly T[] => {
  const mixed = [...items]
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const other = random.whole(0, last)
    const [a, b] = [mixed[last], mixed[other]]
    if (a !== undefined && b !== undefined) [mixed[last], mixed[other]] = [b, a]
  }
  return mixed
}

/** The messages of one device, in the manner of `options`. */
export const createMaker = (options: MakerOptions): MessageMaker => {
  const { kind, deviceId, random, named, backfillFrom } = options
  const numbers = createNumbers(options)
  const taken: BoardMessage[] = []
  const heldBack: BoardMessage[] = []
  let broken = 0

  const textOf = (reading: Reading) => ({ ...(named ? { deviceId } : {}), ...bodyOf(reading) })
  const unreadable = (): BoardMessage => {
    broken += 1
    // Cut off, as by a buffer that was too small. What is left of it tells it apart.
    const payload = `{"from":"${deviceId}","broken":${random.whole(0, 0xffffffff)},"number":${broken},"temperature":`
    return { kind, deviceId, payload, readings: [] }
  }
  const single = (): BoardMessage => {
    const reading = numbers.next()
    return { kind, deviceId, payload: JSON.stringify(textOf(reading)), readings: [reading] }
  }
  const array = (): BoardMessage => {
    const count = random.whole(ARRAY.least, ARRAY.most)
    const inOrder = Array.from({ length: count }, numbers.next)
    const readings = random.next() < 0.5 ? inOrder : shuffled(inOrder, random)
    return { kind, deviceId, payload: JSON.stringify(readings.map(textOf)), readings }
  }
  /** Some arrays wait until the next was sent: the numbers arrive out of order. */
  const late = (): BoardMessage => {
    const held = heldBack.shift()
    if (held !== undefined) return held
    const message = array()
    if (random.next() > 0.3) return message
    heldBack.push(message)
    return array()
  }
  /** A few readings of an older array together with new ones. */
  const overlapping = (before: BoardMessage): BoardMessage => {
    const readings = [...before.readings.slice(0, 5), ...array().readings]
    return { kind, deviceId, payload: JSON.stringify(readings.map(textOf)), readings }
  }

  return {
    kind,
    next: () => {
      if (random.next() < options.unreadable) return unreadable()
      if (taken.length > 0 && random.next() < options.again) {
        const before = random.pick(taken)
        return backfillFrom !== null && random.next() < 0.5 ? overlapping(before) : before
      }
      return backfillFrom === null ? single() : late()
    },
    acked: (message) => {
      if (message.readings.length === 0) return
      if (taken.length < REMEMBERED) taken.push(message)
      // Any of them may go: some stay from the very beginning.
      else taken[random.whole(0, REMEMBERED - 1)] = message
    },
    reboot: numbers.reboot,
  }
}
