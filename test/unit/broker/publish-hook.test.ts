import { expect, test } from '@jest/globals'
import type { Client, PublishPacket } from 'aedes'
import { createBrokerEmitter } from '../../../broker/broker-events.ts'
import { createPublishHook } from '../../../broker/publish-hook.ts'

const createRig = ({ silent = true, needsDrain = false, connected = true } = {}) => {
  const written: Buffer[] = []
  const client = {
    id: 'board',
    connected,
    conn: { writableNeedDrain: needsDrain, write: (bytes: Buffer) => written.push(bytes) },
  }
  const hook = createPublishHook({
    intake: (_message, _clientId, done) => done(),
    events: createBrokerEmitter(),
    isStored: async () => false,
    isSilent: () => silent,
  })
  const publish = (fields: Partial<PublishPacket> = {}) => {
    const packet = {
      cmd: 'publish',
      topic: 'sensors/a/data',
      payload: 'x',
      qos: 1,
      dup: false,
      retain: false,
      messageId: 258,
      ...fields,
    } as unknown as PublishPacket
    let answered = 0
    hook(client as unknown as Client, packet, () => {
      answered += 1
    })
    expect(answered).toBe(1)
    return packet.qos
  }
  return { publish, written }
}

test('a message that nobody listens to is acked here and goes on without one', () => {
  const { publish, written } = createRig()
  expect(publish()).toBe(0)
  expect(written).toEqual([Buffer.of(0x40, 2, 1, 2)])
})

test('one with a listener, or to be retained, or of a client that is gone, is acked by Aedes', () => {
  for (const rig of [createRig({ silent: false }), createRig({ connected: false })]) {
    expect(rig.publish()).toBe(1)
    expect(rig.written).toEqual([])
  }
  const { publish, written } = createRig()
  expect(publish({ retain: true })).toBe(1)
  expect(written).toEqual([])
})

test('a board that does not read its acks is left to Aedes, which waits for it', () => {
  const { publish, written } = createRig({ needsDrain: true })
  expect(publish()).toBe(1)
  expect(written).toEqual([])
})
