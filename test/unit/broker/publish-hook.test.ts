import { expect, test } from '@jest/globals'
import type { Client, PublishPacket } from 'aedes'
import { createBrokerEmitter } from '../../../broker/broker-events.ts'
import { createPublishHook } from '../../../broker/publish-hook.ts'

const createRig = ({
  silent = true,
  needsDrain = false,
  connected = true,
  replaced = undefined as Buffer | undefined,
  refusal = undefined as Error | undefined,
} = {}) => {
  const written: Buffer[] = []
  const client = {
    id: 'board',
    connected,
    conn: { writableNeedDrain: needsDrain, write: (bytes: Buffer) => written.push(bytes) },
  }
  const hook = createPublishHook({
    intake: (_message, _clientId, done) => done(refusal, replaced),
    events: createBrokerEmitter(),
    storedPacket: async () => undefined,
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
    return packet
  }
  return { publish, written }
}

test('a message that nobody listens to is acked here and goes on without one', () => {
  const { publish, written } = createRig()
  expect(publish().qos).toBe(0)
  expect(written).toEqual([Buffer.of(0x40, 2, 1, 2)])
})

test('one with a listener, or to be retained, or of a client that is gone, is acked by Aedes', () => {
  for (const rig of [createRig({ silent: false }), createRig({ connected: false })]) {
    expect(rig.publish().qos).toBe(1)
    expect(rig.written).toEqual([])
  }
  const { publish, written } = createRig()
  expect(publish({ retain: true }).qos).toBe(1)
  expect(written).toEqual([])
})

test('a board that does not read its acks is left to Aedes, which waits for it', () => {
  const { publish, written } = createRig({ needsDrain: true })
  expect(publish().qos).toBe(1)
  expect(written).toEqual([])
})

test.each([0, 1])(
  'a payload that the intake gives takes the place of the one published with QoS %i',
  (qos) => {
    const { publish } = createRig({ replaced: Buffer.from('ours'), silent: false })
    expect(publish({ qos: qos as 0 | 1 }).payload.toString()).toBe('ours')
    expect(
      createRig()
        .publish({ qos: qos as 0 | 1 })
        .payload.toString(),
    ).toBe('x')
  },
)

test('an empty payload that the intake gives is one, and one of a refused message is none', () => {
  expect(createRig({ replaced: Buffer.alloc(0) }).publish().payload).toHaveLength(0)
  const refused = createRig({ replaced: Buffer.from('ours'), refusal: new Error('full') })
  expect(refused.publish().payload.toString()).toBe('x')
})
