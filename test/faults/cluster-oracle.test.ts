import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { CLUSTER_FAULTS } from '../cluster/soak/faults.ts'
import { createClusterWorld } from '../cluster/soak/make-world.ts'
import { playRound } from '../cluster/soak/play-round.ts'

const FAULTS = ['node-kill-9', 'redis-kill-9']

test('three nodes, one killed and Redis restarted: whatever was acked is one row, and the balance sheets sum', async () => {
  const keepIn = await mkdtemp(join(tmpdir(), 'sluice-cluster-kept-'))
  const faults = CLUSTER_FAULTS.filter(({ name }) => FAULTS.includes(name))
  const outcome = await playRound({
    seed: 7,
    lengthMs: 16_000,
    faults,
    createWorld: createClusterWorld,
    keepIn,
  })
  if (outcome.kept === null) await rm(keepIn, { recursive: true })
  expect({ problems: outcome.problems.slice(0, 20), files: outcome.kept }).toEqual({
    problems: [],
    files: null,
  })
  expect(outcome.faults.map(({ name }) => name).sort()).toEqual(FAULTS)
  expect(outcome.acked).toBeGreaterThan(1_000)
}, 180_000)
