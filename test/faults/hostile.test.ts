/** Strangers do what they can for some seconds: the process lives, memory returns, honest boards lose nothing. */
import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ATTACK_NAMES } from '../hostile/attack.ts'
import { startFleet } from '../hostile/boards/fleet.ts'
import { SHORT } from '../hostile/options.ts'
import { type Outcome, play } from '../hostile/play.ts'
import { createHostileWorld } from '../hostile/world.ts'
import { freshDatabase } from '../support/database.ts'

/** HOSTILE_SEED repeats a run, as far as chance is the seed's. */
const SEED = Number(process.env.HOSTILE_SEED ?? randomInt(2 ** 31))
const cleanups: (() => Promise<unknown>)[] = []
let outcome: Outcome

beforeAll(async () => {
  const database = await freshDatabase()
  cleanups.push(database.drop)
  const settings = { DATABASE_URL: database.url }
  const world = await createHostileWorld({ settings, boards: 4, connectTimeoutMs: 1_000 })
  cleanups.push(world.close)
  const options = { attacks: ATTACK_NAMES, scale: SHORT, seed: SEED, calmMs: 200, everyMs: 20, say: () => {} }
  outcome = await play({ world, startFleet }, options)
}, 90_000)

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
}, 30_000)

test('the process lives and says nothing of a failure, memory returns, and every acked reading is one row', () => {
  expect({ seed: SEED, problems: outcome.problems }).toEqual({ seed: SEED, problems: [] })
})

test('honest boards were acked all the time', () => {
  expect(outcome.played.map(({ name, during }) => [name, during.acks > 0])).toEqual(
    ATTACK_NAMES.map((name) => [name, true]),
  )
  expect(outcome.acked).toBeGreaterThan(100)
})

test('each attack was played in full', () => {
  const counts = Object.fromEntries(outcome.played.map((one) => [one.name, one.counts]))
  expect(counts.fuzz?.packets).toBeGreaterThanOrEqual(SHORT.packets)
  expect(counts.fuzz?.['let in']).toBeGreaterThan(10)
  expect(counts.idle?.connected).toBe(SHORT.idle)
  expect(Object.keys(counts)).toEqual([...ATTACK_NAMES])
})
