import { describe, expect, test } from '@jest/globals'
import type { IPublishPacket, Packet } from 'mqtt-packet'
import { createExternalEmitter } from '../../../mosquitto-compat/external-events.ts'
import type { Link } from '../../../mosquitto-compat/link.ts'
import { createOutbox } from '../../../mosquitto-compat/outbox.ts'

const OPTIONS = { maxWaiting: 3, maxKept: 3, maxUnsentBytes: 100, maxAttempts: 4 }

const createRig = () => {
  const events = createExternalEmitter()
  const told: string[] = []
  events.on('publish:dropped', ({ reason }) => told.push(`dropped ${reason}`))
  events.on('publish:refused', ({ topic }) => told.push(`refused ${topic}`))
  const noted: string[] = []
  const onSent = (topic: string, payload: string) => void noted.push(`${topic} ${payload}`)
  const outbox = createOutbox({ events, onSent }, OPTIONS)
  const sent: IPublishPacket[] = []
  const state = { unsent: 0 }
  const link: Link = {
    send: (packet: Packet) => void sent.push(packet as IPublishPacket),
    write: () => undefined,
    get unsentBytes() {
      return state.unsent
    },
    paused: false,
    pause: () => undefined,
    resume: () => undefined,
    end: () => undefined,
    destroy: () => undefined,
  }
  const ids = () => sent.map(({ messageId }) => messageId ?? 0)
  const topics = () => sent.splice(0).map(({ topic, payload }) => `${topic} ${payload}`)
  const connect = (kept = false, window = 10) => outbox.connected(link, kept, window)
  return { outbox, told, noted, sent, state, topics, ids, connect }
}

describe('what is published while the broker is away', () => {
  test('with QoS 1 waits in order, the oldest makes room', () => {
    const { outbox, told, topics, connect } = createRig()
    for (const text of ['1', '2', '3', '4']) outbox.publish('buzzer/a/cmd', text, { qos: 1 })
    expect(told).toEqual(['dropped too-many'])
    connect()
    expect(topics()).toEqual(['buzzer/a/cmd 2', 'buzzer/a/cmd 3', 'buzzer/a/cmd 4'])
    expect(outbox.unacked).toBe(3)
  })

  test('and is retained is kept, the newest of each topic; the rest is dropped and counted', () => {
    const { outbox, told, topics, connect } = createRig()
    outbox.publish('a', '1', { retain: true })
    outbox.publish('b', '1', { retain: true })
    outbox.publish('a', '2', { retain: true })
    outbox.publish('acks/a', 'x')
    connect()
    expect(topics()).toEqual(['b 1', 'a 2'])
    expect(told).toEqual(['dropped away'])
    outbox.lost()
    for (const topic of ['a', 'b', 'c', 'd']) outbox.publish(topic, '3', { retain: true })
    connect()
    expect(topics()).toEqual(['b 3', 'c 3', 'd 3'])
  })
})

describe('messages of QoS 1', () => {
  test('are never more in flight than the broker takes', () => {
    const { outbox, topics, ids, connect } = createRig()
    connect(false, 2)
    for (const text of ['1', '2', '3']) outbox.publish('c', text, { qos: 1 })
    const [first = 0] = ids()
    expect(topics()).toEqual(['c 1', 'c 2'])
    outbox.acked(first, 0)
    expect(topics()).toEqual(['c 3'])
  })

  test('that were not acked are sent again, as a repetition where the broker kept the session', () => {
    const { outbox, sent, connect } = createRig()
    connect()
    outbox.publish('c', '1', { qos: 1 })
    const [first] = sent.splice(0)
    outbox.lost()
    connect(true)
    expect(sent.splice(0)).toEqual([{ ...first, dup: true }])
    outbox.lost()
    connect(false)
    expect(sent.splice(0)).toMatchObject([{ topic: 'c', payload: '1', dup: false }])
  })

  test('are sent again no more at a time than the broker takes now, and before any new one', () => {
    const { outbox, topics, ids, connect } = createRig()
    connect()
    for (const text of ['1', '2', '3']) outbox.publish('c', text, { qos: 1 })
    topics()
    outbox.lost()
    outbox.publish('c', '4', { qos: 1 })
    connect(true, 2)
    const resent = ids()
    expect(topics()).toEqual(['c 1', 'c 2'])
    for (const id of resent) outbox.acked(id, 0)
    expect(topics()).toEqual(['c 3', 'c 4'])
  })

  test.each([true, false])(
    'with which the broker ends the connection are given up, kept session: %s',
    (kept) => {
      const { outbox, told, sent, topics, connect } = createRig()
      const round = (): readonly string[] => {
        connect(kept)
        // It answers what comes before, and for this one it goes away.
        for (const { messageId = 0, payload } of [...sent]) {
          if (payload === 'bad') break
          outbox.acked(messageId, 0)
        }
        outbox.lost()
        return topics()
      }
      for (const text of ['good', 'bad', 'behind']) outbox.publish('c', text, { qos: 1 })
      expect([round(), round(), round(), round()]).toEqual([
        ['c good', 'c bad', 'c behind'],
        ['c bad', 'c behind'],
        ['c bad'],
        ['c bad'],
      ])
      expect(told).toEqual([])
      expect(round()).toEqual(['c behind'])
      expect(told).toEqual(['refused c'])
      expect(outbox.unacked).toBe(0)
    },
  )

  test('that went alone for it have the others follow once they are acked', () => {
    const { outbox, topics, ids, connect } = createRig()
    for (const text of ['1', '2']) outbox.publish('c', text, { qos: 1 })
    for (let ends = 0; ends < 2; ends += 1) {
      connect(true)
      outbox.lost()
    }
    topics()
    connect(true)
    outbox.publish('c', '3', { qos: 1 })
    const [first = 0] = ids()
    expect(topics()).toEqual(['c 1'])
    outbox.acked(first, 0)
    expect(topics()).toEqual(['c 2'])
  })

  test('that the broker refuses are told of', () => {
    const { outbox, told, sent, connect } = createRig()
    connect()
    outbox.publish('c', '1', { qos: 1 })
    outbox.acked(sent[0]?.messageId ?? 0, 0x87)
    outbox.acked(12_345, 0)
    expect(told).toEqual(['refused c'])
    expect(outbox.unacked).toBe(0)
  })
})

test('what is sent is noted as it goes out, resends too, and not while it waits', () => {
  const { outbox, noted, connect } = createRig()
  outbox.publish('c', '1', { qos: 1 })
  outbox.publish('s', 'x', { retain: true })
  expect(noted).toEqual([])
  connect()
  expect(noted.splice(0)).toEqual(['c 1', 's x'])
  outbox.lost()
  connect(true)
  expect(noted.splice(0)).toEqual(['c 1'])
  outbox.publish('s', 'y', { retain: true })
  expect(noted).toEqual(['s y'])
})

test('a connection that takes no more gets the newest of what is retained later, and nothing that nobody keeps', () => {
  const { outbox, told, state, topics, connect } = createRig()
  connect()
  state.unsent = 100
  outbox.publish('a', '1', { retain: true })
  outbox.publish('a', '2', { retain: true })
  outbox.publish('b', '1')
  expect([topics(), told]).toEqual([[], ['dropped slow']])
  state.unsent = 0
  outbox.drained()
  expect(topics()).toEqual(['a 2'])
})
