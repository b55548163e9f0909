/** Tells what is under way for a connection that nobody waits for it any more. */
import type { Duplex } from 'node:stream'

export type WhileConnected = <Result>(
  connection: Duplex,
  work: (signal: AbortSignal) => Promise<Result>,
) => Promise<Result>

/** Listens once to each connection, however many requests come on it at a time. */
export const createWhileConnected = (): WhileConnected => {
  const underWay = new WeakMap<Duplex, Set<AbortController>>()

  const worksOf = (connection: Duplex): Set<AbortController> => {
    const known = underWay.get(connection)
    if (known !== undefined) return known
    const works = new Set<AbortController>()
    underWay.set(connection, works)
    connection.once('close', () => {
      for (const each of works) each.abort()
    })
    return works
  }

  return async (connection, work) => {
    const works = worksOf(connection)
    const controller = new AbortController()
    works.add(controller)
    if (connection.destroyed) controller.abort()
    try {
      return await work(controller.signal)
    } finally {
      works.delete(controller)
    }
  }
}
