/** Takes every connection that Postgres has to give, Sluice's own too, and leaves those of the world's pool. */
import pg from 'pg'
import type { World } from '../world.ts'
import { seen, sessionsOf } from './proof.ts'

const TOO_MANY_CONNECTIONS = '53300'
const GIVE_UP_MS = 20_000

const isFull = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === TOO_MANY_CONNECTIONS

/** Resolves once Sluice has none and Postgres has refused one more; gives them all back when called. */
export const takeAllConnections = async (world: World): Promise<() => Promise<void>> => {
  const held: pg.Client[] = []
  const { connectionString } = world.pool.options

  /** False when there was none to be had. */
  const takeOne = async (): Promise<boolean> => {
    const client = new pg.Client({ connectionString, application_name: 'taker' })
    client.on('error', () => {})
    try {
      await client.connect()
      held.push(client)
      return true
    } catch (error) {
      if (isFull(error)) return false
      throw error
    }
  }

  const giveBack = async (): Promise<void> => {
    await Promise.all(held.splice(0).map((client) => client.end()))
  }

  const takeRest = async (): Promise<boolean> => {
    while (await takeOne());
    await world.pool.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE application_name = 'sluice' AND datname = current_database()`,
    )
    while (await takeOne());
    return (await sessionsOf(world)) === 0
  }

  try {
    await world.pool.query('SELECT 1') // it has a connection to look with from here on
    await seen('Postgres is out of connections, and Sluice has none', takeRest, GIVE_UP_MS)
  } catch (error) {
    await giveBack()
    throw error
  }
  return giveBack
}
