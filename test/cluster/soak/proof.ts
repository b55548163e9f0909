/** What a fault waits for, seen from outside, and how it ends a node. */
import { seen } from '../../oracle/faults/proof.ts'
import type { ClusterNode } from '../../support/own-cluster.ts'
import type { Ended } from '../../support/sluice.ts'
import type { ClusterWorld } from './world.ts'

const HEALED_MS = 60_000
const ASK_MS = 5_000
const STOPPED_MS = 30_000

interface Health {
  readonly status: string
  readonly degraded: readonly string[]
}

export const healthOf = async (node: ClusterNode): Promise<Health> => {
  const answer = await fetch(`${node.sluice.http}/health`, { signal: AbortSignal.timeout(ASK_MS) })
  return (await answer.json()) as Health
}

/** Every node runs and has all it needs, and HAProxy sends boards to all of them. */
export const healed = async ({ cluster }: ClusterWorld): Promise<void> => {
  for (const node of cluster.nodes) {
    await seen(
      `${node.name} runs and is healthy`,
      async () => {
        const { status, degraded } = await healthOf(node)
        if (status !== 'healthy') throw new Error(`${node.name} is ${status}: ${degraded.join(', ')}`)
        return true
      },
      HEALED_MS,
    )
  }
  await cluster.seesWell(cluster.nodes.map((_, index) => index))
}

/** Every node itself says that it does without this part. */
export const allDegraded = async (world: ClusterWorld, part: 'database' | 'redis'): Promise<void> => {
  for (const node of world.cluster.nodes) {
    await seen(`${part} is among what ${node.name} calls degraded`, async () =>
      (await healthOf(node)).degraded.includes(part),
    )
  }
}

/** SIGTERM; resolves when it is gone. Throws unless it ended in order and without a word on stderr. */
export const terminate = async (node: ClusterNode): Promise<void> => {
  let end: Ended | undefined
  void node.end('SIGTERM').then((result) => {
    end = result
  })
  await seen(`${node.name} ends`, () => end !== undefined, STOPPED_MS)
  if (end?.code !== 0 || end.stderr !== '')
    throw new Error(`after SIGTERM ${node.name} ended with ${JSON.stringify(end)}`)
}
