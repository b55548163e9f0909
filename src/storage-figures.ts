/** Sizes of tables and progress of the rollups: asked at most every 30 s, never waited for longer than a second. */
import type { Clock, Storage } from '../bridge/index.ts'

const EVERY_MS = 30_000
const WAIT_MS = 1_000
/** What is older is not told any more: Postgres has been away for long. */
const GOOD_FOR_MS = 300_000

export interface StorageFigures {
  /** Null: Postgres does not answer. */
  read(): Promise<Storage | null>
  /** What was read last; undefined before the first time, and when it is long ago. Reads anew when it is time. */
  last(): Storage | undefined
}

/** Nothing is asked before the first call. */
export const createStorageFigures = (clock: Clock, ask: () => Promise<Storage>): StorageFigures => {
  let asked: { readonly at: number; readonly answer: Promise<void> } | undefined
  let told: { readonly at: number; readonly storage: Storage } | undefined

  const keep = async (): Promise<void> => {
    try {
      told = { storage: await ask(), at: clock() }
    } catch {
      // Whoever stores or reads says that Postgres is away.
    }
  }
  const refresh = (): Promise<void> => {
    if (asked === undefined || Math.abs(clock() - asked.at) >= EVERY_MS)
      asked = { at: clock(), answer: keep() }
    return asked.answer
  }
  const last = (): Storage | undefined =>
    told !== undefined && clock() - told.at < GOOD_FOR_MS ? told.storage : undefined

  return {
    read: async () => {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, WAIT_MS)
      })
      await Promise.race([refresh(), late])
      clearTimeout(timer)
      return last() ?? null
    },
    last: () => {
      void refresh()
      return last()
    },
  }
}
