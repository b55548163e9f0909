import { afterEach, describe, expect, test } from '@jest/globals'
import mqttPacket from 'mqtt-packet'
import { createDeferred, settled } from '../support/deferred.ts'
import { eventually } from '../support/eventually.ts'
import { ADMIN, BOARD, credentialsOf, DASHBOARD, OPERATOR, tablePolicy } from './broker-policy.ts'
import {
  type BrokerRig,
  cleanUp,
  connectBoard,
  connectClient,
  connectPacket,
  openBoard,
  publishPacket,
  startBroker,
} from './broker-rig.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

const policy = () => tablePolicy([BOARD, DASHBOARD, OPERATOR, ADMIN])
const startGuarded = () => startBroker(cleanups, { policy: policy() })

const eventsOf = (rig: BrokerRig, name: 'publish:denied' | 'subscribe:denied' | 'connect:refused') => {
  const told: unknown[] = []
  rig.broker.events.on(name, (event: unknown) => told.push(event))
  return told
}

describe('a CONNECT', () => {
  test('is answered as the policy says, with its code, and closed', async () => {
    const rig = await startGuarded()
    const refused = eventsOf(rig, 'connect:refused')
    const errors: unknown[] = []
    rig.broker.events.on('client:error', (error) => errors.push(error))
    for (const [given, returnCode] of [
      [{ clientId: 'x' }, 5],
      [{ ...credentialsOf(BOARD), password: Buffer.from('wrong') }, 4],
    ] as const) {
      const board = await connectBoard(cleanups, rig, given)
      expect(board.packets).toMatchObject([{ cmd: 'connack', returnCode }])
      await eventually(() => board.isClosed)
    }
    expect(refused).toEqual([
      { clientId: 'x', address: '127.0.0.1', reason: 'nobody of this name' },
      { clientId: 'board', address: '127.0.0.1', reason: 'a wrong password' },
    ])
    expect(errors).toEqual([])
    expect(rig.broker.connections).toBe(0)
  })

  test('of a version that is not served is refused with code 1, and told', async () => {
    const rig = await startGuarded()
    const refused = eventsOf(rig, 'connect:refused')
    const board = openBoard(cleanups, rig)
    const connect = mqttPacket.generate(connectPacket())
    // The level stands behind the fixed header and the protocol name.
    board.socket.write(connect.fill(6, 8, 9))
    await board.next('connack')
    expect(board.packets).toMatchObject([{ cmd: 'connack', returnCode: 1 }])
    await eventually(() => refused.length === 1)
    expect(refused).toMatchObject([{ address: '127.0.0.1' }])
  })

  test('tells the policy what its client says of itself', async () => {
    const asked = policy()
    const rig = await startBroker(cleanups, { policy: asked })
    await connectBoard(cleanups, rig, credentialsOf(BOARD))
    await connectBoard(cleanups, rig, { clientId: '' })
    expect(asked.asked).toEqual([
      {
        clientId: 'board',
        username: 'board',
        password: 'board',
        address: '127.0.0.1',
        certificateName: undefined,
        signal: expect.anything(),
      },
      expect.objectContaining({
        clientId: expect.stringMatching(/.+/),
        username: undefined,
        password: undefined,
      }),
    ])
  })

  test('with a will on a forbidden topic is refused with code 5', async () => {
    const rig = await startGuarded()
    const will = { topic: 'devices/other/status', payload: Buffer.from('x'), qos: 0 as const, retain: false }
    const board = await connectBoard(cleanups, rig, { ...credentialsOf(BOARD), will })
    expect(board.packets).toMatchObject([{ returnCode: 5 }])
    await eventually(() => board.isClosed)
    expect(rig.taken).toEqual([])
  })

  test.each([
    ['wrong', 4, 0],
    ['board', 0, 1],
  ])('that is still being decided (%s) holds back what was sent behind it', async (password, code, taken) => {
    const decided = createDeferred()
    const table = policy()
    const admit: typeof table.admit = async (request) => {
      await decided.promise
      return table.admit(request)
    }
    const rig = await startBroker(cleanups, { policy: { ...table, admit } })
    const board = openBoard(cleanups, rig)
    const large = publishPacket(1, 1, { topic: 'sensors/board/data', payload: 'x'.repeat(200_000) })
    board.send(connectPacket({ ...credentialsOf(BOARD), password: Buffer.from(password) }), large)
    await settled(50)
    expect(rig.taken).toHaveLength(0)
    decided.resolve()
    expect(await board.next('connack')).toMatchObject({ returnCode: code })
    await eventually(() => (taken === 0 ? board.isClosed : board.has('puback', 1)))
    expect(rig.taken).toHaveLength(taken)
  })
})

describe('a publish that is forbidden', () => {
  test.each([0, 1, 2] as const)('with QoS %i is acked and goes nowhere', async (qos) => {
    const rig = await startGuarded()
    const denied = eventsOf(rig, 'publish:denied')
    const watcher = await connectClient(cleanups, rig, credentialsOf(ADMIN))
    const got: string[] = []
    watcher.on('message', (topic, payload) => got.push(`${topic} ${payload}`))
    await watcher.subscribeAsync('#', { qos: 2 })
    const board = await connectBoard(cleanups, rig, credentialsOf(BOARD))
    const topic = 'sensors/other/data'
    board.send(publishPacket(7, qos, { topic, retain: true }))
    if (qos === 1) await board.next('puback', 7)
    if (qos === 2) {
      await board.next('pubrec', 7)
      board.send(publishPacket(7, qos, { topic, retain: true, dup: true }), { cmd: 'pubrel', messageId: 7 })
      await board.next('pubcomp', 7)
    }
    board.send(publishPacket(8, 1, { topic: 'sensors/board/data', payload: 'mine' }))
    await board.next('puback', 8)
    await eventually(() => got.length > 0)
    expect(got).toEqual(['sensors/board/data mine'])
    expect(rig.taken.map(({ message }) => message.topic)).toEqual(['sensors/board/data'])
    expect(denied[0]).toEqual({ clientId: 'board', identity: BOARD, topic })
    // Nothing of it is retained either.
    await watcher.unsubscribeAsync('#')
    await watcher.subscribeAsync('#')
    await watcher.publishAsync('end', 'x', { qos: 1 })
    await eventually(() => got.includes('end x'))
    expect(got).toEqual(['sensors/board/data mine', 'end x'])
  })

  test('to $SYS is forbidden like any other', async () => {
    const rig = await startGuarded()
    const board = await connectBoard(cleanups, rig, credentialsOf(ADMIN))
    board.send(publishPacket(1, 1, { topic: '$SYS/x' }))
    await board.next('puback', 1)
    expect(rig.taken).toEqual([])
  })

  test('only as a retained one goes on without its flag', async () => {
    const rig = await startGuarded()
    const board = await connectBoard(cleanups, rig, credentialsOf(BOARD))
    board.send(publishPacket(1, 1, { topic: 'sensors/board/data', retain: true }))
    board.send(publishPacket(2, 1, { topic: 'devices/board/status', retain: true }))
    await board.next('puback', 2)
    expect(rig.taken.map(({ message }) => [message.topic, message.retain])).toEqual([
      ['sensors/board/data', false],
      ['devices/board/status', true],
    ])
  })

  test('does not keep the same board from the topics it has, in whatever order', async () => {
    const rig = await startGuarded()
    const board = await connectBoard(cleanups, rig, credentialsOf(BOARD))
    for (const [index, name] of ['board', 'other', 'other', 'board', 'board', 'other'].entries()) {
      board.send(publishPacket(index + 1, 1, { topic: `sensors/${name}/data` }))
    }
    await board.next('puback', 6)
    expect(rig.taken.map(({ message }) => `${message.payload}`)).toEqual(['1', '4', '5'])
  })
})

test('a will that is allowed is published, also when its identity is put out; a forbidden retain flag is cleared', async () => {
  const rig = await startGuarded()
  const will = (topic: string) => ({ topic, payload: Buffer.from('off'), qos: 1 as const, retain: true })
  await connectBoard(cleanups, rig, { ...credentialsOf(BOARD), will: will('devices/board/status') })
  await connectBoard(cleanups, rig, { ...credentialsOf(OPERATOR), will: will('devices/a/cmd') })
  expect(rig.broker.disconnect(({ role }) => role !== 'admin')).toBe(2)
  await eventually(() => rig.taken.length === 2)
  expect(rig.taken.map(({ message }) => [message.topic, message.retain])).toEqual(
    expect.arrayContaining([
      ['devices/board/status', true],
      ['devices/a/cmd', false],
    ]),
  )
})

describe('a subscription that is forbidden', () => {
  test('is answered with 128, those beside it are granted, and only they are sent anything', async () => {
    const rig = await startGuarded()
    const denied = eventsOf(rig, 'subscribe:denied')
    rig.broker.publish('sensors/a/latest', 'kept', { retain: true })
    const board = await connectBoard(cleanups, rig, { ...credentialsOf(BOARD), clean: false })
    const filters = ['sensors/#', 'errors/board', '#', 'buzzer/board/cmd', '$SYS/#']
    board.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: filters.map((topic) => ({ topic, qos: 1 })),
    } as never)
    expect(await board.next('suback', 1)).toMatchObject({ granted: [128, 1, 128, 1, 128] })
    expect(denied).toEqual(
      ['sensors/#', '#', '$SYS/#'].map((filter) => ({ clientId: 'board', identity: BOARD, filter })),
    )
    board.socket.destroy()
    await eventually(() => rig.broker.connections === 0)
    // Nor is it kept with the session: what comes now is queued for the granted ones only.
    rig.broker.publish('sensors/b/data', 'x', { qos: 1 })
    rig.broker.publish('errors/board', 'why', { qos: 1 })
    const again = await connectBoard(cleanups, rig, { ...credentialsOf(BOARD), clean: false })
    expect(await again.next('publish')).toMatchObject({ topic: 'errors/board' })
    again.send({ cmd: 'pingreq' })
    await again.next('pingresp')
    expect(again.packets.filter(({ cmd }) => cmd === 'publish')).toHaveLength(1)
  })
})
