import { afterEach, describe, expect, test } from '@jest/globals'
import type { IPublishPacket } from 'mqtt-packet'
import type { Done } from '../../../bridge/index.ts'
import { createExternalEmitter } from '../../../mosquitto-compat/external-events.ts'
import { createInbox, type Inbox } from '../../../mosquitto-compat/inbox.ts'
import { settled } from '../../support/deferred.ts'
import { eventually } from '../../support/eventually.ts'

const stops: Inbox[] = []
afterEach(() => {
  for (const inbox of stops.splice(0)) inbox.stop()
})

const createRig = () => {
  const taken: { readonly text: string; readonly done: Done }[] = []
  const acks: number[][] = []
  const events = createExternalEmitter()
  const inbox = createInbox(
    {
      intake: ({ payload }, _, done) => void taken.push({ text: `${payload}`, done }),
      events,
      onHeld: () => {},
    },
    { maxAttempts: 2, minRetryMs: 1, maxRetryMs: 1 },
  )
  stops.push(inbox)
  const connect = (kept = true): void =>
    inbox.connected(kept, (due) => acks.push(due.map(({ messageId }) => messageId)))
  const send = (messageId: number, text: string, dup = false): void => {
    const message = { topic: 'sensors/a/data', payload: Buffer.from(text), qos: 1, retain: false } as const
    const packet: IPublishPacket = { cmd: 'publish', messageId, dup, ...message }
    inbox.take(packet, message)
  }
  const texts = () => taken.map(({ text }) => text)
  const refuse = async (code: string): Promise<void> => {
    const before = taken.length
    taken.at(-1)?.done(Object.assign(new Error(code), { code }))
    await eventually(() => taken.length > before || acks.length > 0)
  }
  const finish = async (): Promise<void> => {
    for (const { done } of taken) done()
    await settled()
  }
  connect(false)
  return { inbox, taken, acks, connect, send, texts, refuse, finish }
}

describe('a message that is sent again', () => {
  test('on the next connection is taken in once, and acked there', async () => {
    const { inbox, acks, connect, send, texts, finish } = createRig()
    send(1, 'a')
    send(2, 'b')
    inbox.lost()
    connect()
    send(1, 'a', true)
    send(2, 'b', true)
    expect([texts(), inbox.redelivered]).toEqual([['a', 'b'], 2])
    await finish()
    expect(acks.flat()).toEqual([1, 2])
  })

  test('that was done in between is acked at once', async () => {
    const { inbox, acks, connect, send, finish } = createRig()
    send(1, 'a')
    inbox.lost()
    await finish()
    expect(acks).toEqual([])
    connect()
    send(1, 'a', true)
    await settled()
    expect(acks).toEqual([[1]])
    expect(inbox.heldBytes).toBe(0)
  })

  test('on the same connection, before its ack, is neither taken in nor acked twice', async () => {
    const { acks, send, texts, finish } = createRig()
    send(1, 'a')
    send(1, 'a', true)
    expect(texts()).toEqual(['a'])
    await finish()
    expect(acks).toEqual([[1]])
  })
})

describe('a message under an identifier that is known', () => {
  test.each([
    ['that is new', 'b', false],
    ['that has other content', 'b', true],
    ['that is the same and no repetition', 'a', false],
  ])('%s is taken in', (_, text, dup) => {
    const { inbox, connect, send, texts } = createRig()
    send(1, 'a')
    inbox.lost()
    connect()
    send(1, text, dup)
    expect(texts()).toEqual(['a', text])
  })

  test('of a session that the broker has forgotten is taken in', () => {
    const { inbox, connect, send, texts } = createRig()
    send(1, 'a')
    inbox.lost()
    connect(false)
    send(1, 'a', true)
    expect(texts()).toEqual(['a', 'a'])
  })
})

describe('a message that is refused', () => {
  test.each(['SPOOL_FULL', 'BUSY'])('with %s is tried for as long as it takes', async (code) => {
    const { acks, send, texts, refuse, finish } = createRig()
    send(1, 'a')
    for (let times = 0; times < 10; times += 1) await refuse(code)
    expect([texts(), acks]).toEqual([Array.from({ length: 11 }, () => 'a'), []])
    await finish()
    expect(acks).toEqual([[1]])
  })

  test('is given up after its attempts; refusals for want of room are none', async () => {
    const { acks, send, texts, refuse } = createRig()
    send(1, 'a')
    for (const code of ['BUSY', 'SPOOL_FULL', 'POISON', 'BUSY']) await refuse(code)
    expect([texts().length, acks]).toEqual([5, []])
    await refuse('POISON')
    expect([texts().length, acks]).toEqual([5, [[1]]])
  })
})

describe('a stop', () => {
  test('takes nothing in and tries nothing again; what it leaves has no ack', async () => {
    const { inbox, taken, acks, send, texts } = createRig()
    send(1, 'a')
    inbox.stop()
    taken[0]?.done(Object.assign(new Error('stopping'), { code: 'STOPPING' }))
    send(2, 'b')
    await settled(50)
    expect([texts(), acks, inbox.refused]).toEqual([['a'], [], 0])
  })
})
