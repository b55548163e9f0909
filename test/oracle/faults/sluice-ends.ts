/** The ways in which a fault ends Sluice. */
import type { Ended } from '../../support/sluice.ts'
import type { Random } from '../random.ts'
import type { World } from '../world.ts'
import { ended } from './proof.ts'

/** SIGKILL; resolves when it is gone. */
export const kill = async (world: World): Promise<void> => {
  world.sluice.signal('SIGKILL')
  await ended(world)
}

const wentWell = ({ code, stderr }: Ended): boolean => code === 0 && stderr === ''

/** SIGTERM; resolves when it is gone. Throws unless it ended in order and without a word on stderr. */
export const terminate = async (world: World): Promise<void> => {
  const from = world.sluice.log.length
  world.sluice.signal('SIGTERM')
  const end = await ended(world)
  if (!wentWell(end)) throw new Error(`after SIGTERM it ended with ${JSON.stringify(end)}`)
  const trouble = world.sluice.log.slice(from).find(({ level }) => level === 'fatal')
  if (trouble !== undefined) throw new Error(`while it stopped it logged ${JSON.stringify(trouble)}`)
}

/** One of the two. */
export const killOrTerminate = (world: World, random: Random): Promise<void> =>
  random.next() < 0.5 ? kill(world) : terminate(world)
