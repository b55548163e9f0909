/**
 * What stays open after its request was judged: event sockets and live pictures. Who opened it may be revoked, or
 * its token may run out; it is ended then.
 */
import type { Clock, Identity } from '../../bridge/index.ts'

export interface Visits {
  /** Notes what someone has opened; `end` is called at most once. Returns what to call when it has ended by itself. */
  enter(identity: Identity, end: () => void): () => void
  /** Ends everything of everyone who is meant. `isMeant` never rejects. */
  end(isMeant: (identity: Identity) => boolean | Promise<boolean>): Promise<void>
}

interface Visit {
  readonly identity: Identity
  readonly end: () => void
}

/** The longest a timer can wait; what lasts longer is looked at again. */
const LONGEST_MS = 2_147_483_647
const nothing = (): void => undefined

export const createVisits = (clock: Clock): Visits => {
  const visits = new Map<Visit, NodeJS.Timeout | undefined>()

  const leave = (visit: Visit): void => {
    clearTimeout(visits.get(visit))
    visits.delete(visit)
  }
  const endOf = (visit: Visit): void => {
    leave(visit)
    visit.end()
  }
  const watch = (visit: Visit, expiresAt: number | undefined): void => {
    if (expiresAt === undefined) return void visits.set(visit, undefined)
    const left = expiresAt - clock()
    const look = (): void => (expiresAt > clock() ? watch(visit, expiresAt) : endOf(visit))
    visits.set(visit, setTimeout(look, Math.min(LONGEST_MS, Math.max(1, left))).unref())
  }

  return {
    enter: (identity, end) => {
      // Anonymous clients and those with the API key have no name that could be revoked.
      if (identity.name === '') return nothing
      const visit = { identity, end }
      watch(visit, identity.expiresAt)
      return () => leave(visit)
    },
    end: async (isMeant) => {
      for (const visit of [...visits.keys()])
        if ((await isMeant(visit.identity)) && visits.has(visit)) endOf(visit)
    },
  }
}
