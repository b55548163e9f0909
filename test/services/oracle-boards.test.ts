import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, test } from '@jest/globals'
import mqttPacket, { type IPublishPacket, type Packet } from 'mqtt-packet'
import { createMaker } from '../oracle/boards/makers.ts'
import { createMqttBoard, type MqttBoardOptions } from '../oracle/boards/mqtt-board.ts'
import { createRandom } from '../oracle/random.ts'
import { createTrafficLog } from '../oracle/traffic-log.ts'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'

const later = useCleanups()

/** A broker that answers nothing but CONNECT: the test says the rest. One board at a time. */
const startSilentBroker = async () => {
  const sockets: Socket[] = []
  /** One list for each connection. */
  const heard: Packet[][] = []
  let broken = 0
  const server = createServer((socket) => {
    const packets: Packet[] = []
    sockets.push(socket)
    heard.push(packets)
    const parser = mqttPacket.parser({ protocolVersion: 4 })
    let bytes = 0
    let whole = 0
    parser.on('packet', (packet) => {
      whole += mqttPacket.generate(packet).length
      packets.push(packet)
      if (packet.cmd === 'connect') answer({ cmd: 'connack', returnCode: 0, sessionPresent: false })
    })
    socket.on('data', (chunk) => {
      bytes += chunk.length
      parser.parse(chunk)
    })
    socket.on('error', () => {})
    socket.once('close', () => {
      if (bytes > whole) broken += 1
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const answer = (packet: Packet): void => void sockets.at(-1)?.write(mqttPacket.generate(packet))
  later(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return {
    port: (server.address() as AddressInfo).port,
    answer,
    cut: () => sockets.at(-1)?.destroy(),
    connections: () => heard.length,
    broken: () => broken,
    publishes: (connection = heard.length - 1) =>
      (heard[connection] ?? []).filter((packet): packet is IPublishPacket => packet.cmd === 'publish'),
    has: (cmd: Packet['cmd'], messageId: number) =>
      (heard.at(-1) ?? []).some((packet) => packet.cmd === cmd && packet.messageId === messageId),
  }
}

const startBoard = async (options: Partial<MqttBoardOptions>) => {
  const broker = await startSilentBroker()
  const random = createRandom(9)
  const kind = 'qos1'
  const log = createTrafficLog(() => 0)
  const maker = createMaker({
    kind,
    deviceId: 'board',
    random,
    unreadable: 0,
    again: 0,
    named: false,
    backfillFrom: null,
  })
  const board = createMqttBoard(
    { maker, log, random },
    {
      port: broker.port,
      deviceId: 'board',
      qos: 1,
      clean: true,
      everyMs: 5,
      window: 3,
      highestId: 100,
      retransmitMs: 0,
      tear: 0,
      rebootEvery: 0,
      ...options,
    },
  )
  later(board.close)
  board.start()
  return { broker, board, log }
}

const idsOf = (packets: readonly IPublishPacket[]) => packets.map(({ messageId, dup }) => [messageId, dup])

test('a board of QoS 1 stops at its window, and sends again in order, marked, after a reconnect', async () => {
  const { broker, board, log } = await startBoard({})
  await eventually(() => broker.publishes().length === 3)
  expect(board.unacked).toBe(3)
  broker.answer({ cmd: 'puback', messageId: 2 })
  await eventually(() => broker.publishes().length === 4)
  expect([...log.acks.keys()]).toEqual([expect.stringMatching(/ 2$/)])
  broker.cut()
  await eventually(() => broker.connections() === 2 && broker.publishes().length === 3)
  expect(idsOf(broker.publishes())).toEqual([
    [1, true],
    [3, true],
    [4, true],
  ])
  expect(log.readings.size).toBe(4)
  expect(log.transmissions).toBe(7)
})

test('a board like esp-mqtt sends again on the same connection, and a second answer acks nothing else', async () => {
  const { broker, board, log } = await startBoard({ window: 1, retransmitMs: 40 })
  await eventually(() => broker.publishes().filter(({ dup }) => dup).length >= 2)
  expect(new Set(broker.publishes().map(({ messageId }) => messageId))).toEqual(new Set([1]))
  broker.answer({ cmd: 'puback', messageId: 1 })
  broker.answer({ cmd: 'puback', messageId: 1 })
  await eventually(() => broker.publishes().some(({ messageId }) => messageId === 2))
  expect(log.acks.size).toBe(1)
  expect(board.unacked).toBe(1)
})

test('a board of QoS 2 counts a reading at its PUBREC, and goes on with PUBREL after a reconnect', async () => {
  const { broker, board, log } = await startBoard({ qos: 2, window: 2 })
  await eventually(() => broker.publishes().length === 2)
  broker.answer({ cmd: 'pubrec', messageId: 1 })
  await eventually(() => broker.has('pubrel', 1))
  expect(log.acks.size).toBe(1)
  expect(board.unacked).toBe(2)
  broker.cut()
  await eventually(() => broker.connections() === 2 && broker.has('pubrel', 1))
  expect(idsOf(broker.publishes())).toEqual([[2, true]])
  broker.answer({ cmd: 'pubcomp', messageId: 1 })
  await eventually(() => broker.publishes().length === 2)
  expect(log.acks.size).toBe(1)
})

test('a PUBCOMP that comes before any PUBREC acks nothing', async () => {
  const { broker, board, log } = await startBoard({ qos: 2, window: 1 })
  await eventually(() => broker.publishes().length === 1)
  broker.answer({ cmd: 'pubcomp', messageId: 1 })
  broker.answer({ cmd: 'pubrec', messageId: 1 })
  await eventually(() => log.acks.size === 1)
  expect(board.unacked).toBe(1)
})

test('a board of QoS 0 is never acked, whatever it is answered', async () => {
  const { broker, board, log } = await startBoard({ qos: 0 })
  await eventually(() => broker.publishes().length >= 20)
  broker.answer({ cmd: 'puback', messageId: 1 })
  await eventually(() => broker.publishes().length >= 25)
  expect(board.unacked).toBe(0)
  expect(log.acks.size).toBe(0)
  expect(log.readings.size).toBeGreaterThanOrEqual(25)
})

test('a board that is torn off leaves half a packet, and comes back with the whole', async () => {
  const { broker } = await startBoard({ tear: 0.5, window: 5, retransmitMs: 40 })
  await eventually(() => broker.broken() >= 3, 15_000)
  await eventually(() => broker.publishes().some(({ dup }) => dup), 15_000)
})

test('a board that reboots forgets what was not acked, and counts from 1 under another boot', async () => {
  const { broker, board, log } = await startBoard({ rebootEvery: 3, window: 10 })
  await eventually(() => broker.connections() >= 3, 15_000)
  board.stop()
  const seqs = Array.from(log.readings.values(), ({ reading: { seq } }) => seq)
  expect(Math.max(...seqs)).toBe(3)
  expect(new Set(Array.from(log.readings.values(), ({ reading: { boot } }) => boot)).size).toBeGreaterThan(1)
  expect(broker.publishes().every(({ dup }) => !dup)).toBe(true)
})
