import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { type ClusterNodes, createClusterNodes } from '../../../broker/cluster-nodes.ts'
import type { NodeMessage } from '../../../broker/node-link.ts'

const TIMES = { beatMs: 100, waitMs: 1_000, goneMs: 500, releaseMs: 2_000 }

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

/** Two nodes and the messages between them, which arrive when `deliver` is called. */
const rig = () => {
  const nodes = new Map<string, ClusterNodes>()
  const packets: unknown[] = []
  const released: string[] = []
  const kept: string[] = []
  let underWay: (readonly [string, NodeMessage])[] = []
  const lost = { isLost: false }
  const send = (to: string, message: NodeMessage): void => {
    if (!lost.isLost) underWay.push([to, JSON.parse(JSON.stringify(message)) as NodeMessage])
  }
  const start = (id: string): ClusterNodes => {
    const node = createClusterNodes(
      {
        nodeId: id,
        monotonic: () => Date.now(),
        onPacket: (packet) => packets.push(packet),
        onKept: ({ clientId }) => kept.push(`${id} ${clientId}`),
        onMissed: async () => void kept.push(`${id} missed`),
        onRelease: async (clientId) => void released.push(clientId),
      },
      TIMES,
    )
    nodes.set(id, node)
    node.start({
      toAll: (message) => {
        for (const other of nodes.keys()) if (other !== id) send(other, message)
      },
      to: send,
      reached: async () => undefined,
      sent: 0,
      packets: 0,
      failed: 0,
    })
    return node
  }
  const deliver = async (): Promise<void> => {
    for (let round = 0; round < 20; round += 1) {
      await jest.advanceTimersByTimeAsync(0)
      const now = underWay
      underWay = []
      for (const [to, message] of now) nodes.get(to)?.receive(message)
    }
  }
  return { start, deliver, nodes, packets, released, lost, kept }
}

describe('nodes', () => {
  test('learn what the others listen to, whoever was there first', async () => {
    const { start, deliver } = rig()
    const a = start('a')
    const early = a.listen('x/#')
    await deliver()
    await early
    const b = start('b')
    await deliver()
    expect([b.hearers('x/1'), a.hearers('x/1')]).toEqual([['a'], []])
    expect([a.known, b.known]).toEqual([1, 1])
  })

  test('know of a filter before its listener is told', async () => {
    const { start, deliver } = rig()
    const [a, b] = [start('a'), start('b')]
    await deliver()
    let isKnown = false
    void a.listen('y').then(() => {
      isKnown = true
      expect(b.hearers('y')).toEqual(['a'])
    })
    await jest.advanceTimersByTimeAsync(10)
    expect(isKnown).toBe(false)
    await deliver()
    expect(isKnown).toBe(true)
  })

  test('that missed a change hear of it with the next beat, and are sent everything until then', async () => {
    const { start, deliver, lost } = rig()
    const [a, b] = [start('a'), start('b')]
    await deliver()
    lost.isLost = true
    void a.listen('z')
    await jest.advanceTimersByTimeAsync(10)
    lost.isLost = false
    expect(b.hearers('z')).toEqual([])
    await jest.advanceTimersByTimeAsync(TIMES.beatMs)
    await deliver()
    expect(b.hearers('z')).toEqual(['a'])
    expect(b.hearers('other')).toEqual([])
  })

  test('that missed what was told of a kept session read it anew, those that missed nothing do not', async () => {
    const { start, deliver, lost, kept } = rig()
    const [a, b] = [start('a'), start('b')]
    await deliver()
    let isKnown = false
    const change = { clientId: 'app', added: [{ topic: 'x', qos: 1 }], removed: [] }
    void a.keep(change).then(() => {
      isKnown = true
      expect(kept).toEqual(['b app'])
    })
    await jest.advanceTimersByTimeAsync(10)
    expect(isKnown).toBe(false)
    await deliver()
    expect(isKnown).toBe(true)
    lost.isLost = true
    void b.keep({ ...change, clientId: 'other' })
    await jest.advanceTimersByTimeAsync(10)
    lost.isLost = false
    await jest.advanceTimersByTimeAsync(TIMES.beatMs)
    await deliver()
    expect(kept).toEqual(['b app', 'a missed'])
    a.reconnected()
    await deliver()
    expect(kept.slice(2)).toEqual(['a missed', 'a missed', 'b missed'])
  })

  test('that fell silent are gone, and nobody waits for them', async () => {
    const { start, deliver, nodes } = rig()
    const [a, b] = [start('a'), start('b')]
    await deliver()
    void b.listen('w')
    await deliver()
    nodes.delete('b')
    b.stop()
    const known = a.listen('v')
    await jest.advanceTimersByTimeAsync(TIMES.goneMs + 2 * TIMES.beatMs)
    await known
    expect([a.count, a.hearers('w'), a.isAlive('b')]).toEqual([0, [], false])
  })

  test('release a client to the one it comes to', async () => {
    const { start, deliver, released } = rig()
    const [a] = [start('a'), start('b')]
    await deliver()
    let isReleased = false
    void a.release('b', 'board').then(() => {
      isReleased = true
    })
    await deliver()
    expect([isReleased, released]).toEqual([true, ['board']])
    await a.release('nobody', 'board')
  })
})
