import { afterEach, describe, expect, test } from '@jest/globals'
import { BOARD, credentialsOf, tablePolicy } from '../broker-policy.ts'
import { cleanUp } from '../broker-rig.ts'
import {
  answerWhileOpen,
  closesConnected,
  frame,
  id,
  receivedUntil,
  send,
  startWire,
  subscribe,
  subscribeBytes,
  text,
} from './wire.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

type Filters = readonly (readonly [string, 0 | 1 | 2])[]

describe('what a SUBSCRIBE must hold', () => {
  test.each([
    ['[MQTT-3.8.3-3] without a filter', frame(0x82, id(1))],
    ['[MQTT-3.8.3-4] with QoS 3', subscribeBytes('a', 3)],
    ['[MQTT-3.8.3-4] with reserved bits', subscribeBytes('a', 4)],
  ])('one %s closes the connection', async (_, bytes) => {
    expect(await closesConnected(await startWire(cleanups), bytes)).toBe('')
  })

  test.each(['a#', 'a/#/b', '#/a', '##', '#a', '+a', 'a+', 'a/+b', 'a+/b', '++', 'a/b+/c'])(
    '[MQTT-4.7.1-2] [MQTT-4.7.1-3] the filter %s closes the connection',
    async (filter) => {
      const wire = await startWire(cleanups)
      expect(await closesConnected(wire, subscribeBytes(filter))).toBe('')
      expect(await closesConnected(wire, frame(0xa2, id(1), text(filter)))).toBe('')
    },
  )

  test.each(['#', '+', '/', '/#', '+/#', '+/+', 'a/+/b/#', '//', ' ', '$a/+'])(
    'the filter "%s" is granted',
    async (filter) => {
      const wire = await startWire(cleanups)
      expect(await subscribe(await wire.connect('a'), 1, [filter, 2])).toEqual([2])
    },
  )
})

describe('[MQTT-3.8.4-5] [MQTT-3.9.3-1] a SUBACK has one code for each filter, in order:', () => {
  test('the QoS that was asked for', async () => {
    const wire = await startWire(cleanups)
    expect(await subscribe(await wire.connect('a'), 1, ['a', 0], ['b', 2], ['c', 1])).toEqual([0, 2, 1])
  })

  test.each([true, false])(
    'of a filter that is named more than once each time (clean: %p)',
    async (clean) => {
      const wire = await startWire(cleanups)
      const board = await wire.connect('a', { clean })
      expect(await subscribe(board, 1, ['a', 0], ['b', 1], ['a', 2])).toEqual([0, 1, 2])
      expect(board.packets.filter(({ cmd }) => cmd === 'suback')).toHaveLength(1)
      // The last one counts [MQTT-3.8.4-3].
      await send(await wire.connect('sender'), 1, 2, { topic: 'a', payload: 'x' })
      expect(await receivedUntil(board, 'x')).toEqual(['a x q2'])
    },
  )

  test('of hundreds', async () => {
    const wire = await startWire(cleanups, { options: { maxSubscriptions: 1 } })
    const filters: Filters = Array.from(
      { length: 300 },
      (_, at) => [at % 2 === 0 ? 'a' : `b/${at}`, 1] as const,
    )
    const granted = await subscribe(await wire.connect('a'), 1, ...filters)
    expect(granted).toEqual(filters.map(([filter]) => (filter === 'a' ? 1 : 128)))
  })

  test('128 for one that is refused, and the others are granted [MQTT-3.9.3-2]', async () => {
    const wire = await startWire(cleanups, { policy: tablePolicy([BOARD]) })
    const board = await wire.connect('board', credentialsOf(BOARD))
    const filters: Filters = [
      ['#', 1],
      ['devices/board/cmd', 1],
      ['#', 0],
    ]
    expect(await subscribe(board, 1, ...filters)).toEqual([128, 1, 128])
  })
})

describe('the QoS of what is sent', () => {
  const QOS = [0, 1, 2] as const
  test.each(QOS.flatMap((published) => QOS.map((granted) => [published, granted] as const)))(
    '[MQTT-3.8.4-6] published with %i and granted %i, it is the lower one, also with wildcards and kept sessions',
    async (published, granted) => {
      const wire = await startWire(cleanups)
      const sender = await wire.connect('sender')
      const expected = [`q/1 live q${Math.min(published, granted)}`]
      for (const clean of [true, false]) {
        for (const filter of ['q/1', 'q/+']) {
          const board = await wire.connect(`${filter} ${clean}`, { clean })
          await subscribe(board, 1, [filter, granted])
          await send(sender, 1, published, { topic: 'q/1', payload: 'live' })
          expect(await receivedUntil(board, 'live')).toEqual(expected)
        }
      }
    },
  )

  test.each(QOS)(
    '[MQTT-3.8.4-6] of a retained message it is the lower one, too: granted %i',
    async (granted) => {
      const wire = await startWire(cleanups)
      await send(await wire.connect('sender'), 1, 2, { topic: 'q/1', payload: 'kept', retain: true })
      const board = await wire.connect('a')
      await subscribe(board, 1, ['q/+', granted])
      expect(await receivedUntil(board, 'kept')).toEqual([`q/1 kept q${granted} retained`])
    },
  )

  const OVERLAPS: readonly (readonly [Filters, number])[] = [
    [
      [
        ['o/a', 0],
        ['o/#', 2],
      ],
      2,
    ],
    [
      [
        ['o/a', 2],
        ['o/#', 0],
      ],
      2,
    ],
    [
      [
        ['o/#', 0],
        ['o/+', 1],
      ],
      1,
    ],
    [
      [
        ['o/+', 1],
        ['o/#', 0],
        ['+/a', 0],
      ],
      1,
    ],
  ]
  test.each(OVERLAPS)(
    '[MQTT-3.3.5-1] of filters that overlap, %j, it is the highest: %i, and it is sent once',
    async (filters, qos) => {
      const wire = await startWire(cleanups)
      const sender = await wire.connect('sender')
      for (const clean of [true, false]) {
        const board = await wire.connect(`${clean}`, { clean })
        await subscribe(board, 1, ...filters)
        await send(sender, 1, 2, { topic: 'o/a', payload: 'live' })
        await send(sender, 2, 2, { topic: 'o/a', payload: 'end' })
        expect(await receivedUntil(board, 'end')).toEqual([`o/a live q${qos}`, `o/a end q${qos}`])
      }
    },
  )
})

describe('UNSUBSCRIBE', () => {
  test('[MQTT-3.10.4-4] [MQTT-3.10.4-5] is answered, though there was no such subscription', async () => {
    const wire = await startWire(cleanups)
    expect(await answerWhileOpen(wire, frame(0xa2, id(7), text('never/asked')))).toContain('unsuback 7')
  })

  test('[MQTT-3.10.3-2] without a filter closes the connection', async () => {
    expect(await closesConnected(await startWire(cleanups), frame(0xa2, id(1)))).toBe('')
  })

  test('[MQTT-3.10.4-1] ends the filter that is the same, character by character, and no other', async () => {
    const wire = await startWire(cleanups)
    const board = await wire.connect('a')
    await subscribe(board, 1, ['u/1', 1], ['u/2', 1])
    board.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['u/1', 'u/+'] })
    await board.next('unsuback', 2)
    const sender = await wire.connect('sender')
    await send(sender, 1, 1, { topic: 'u/1', payload: 'no more' })
    await send(sender, 2, 1, { topic: 'u/2', payload: 'still' })
    expect(await receivedUntil(board, 'still')).toEqual(['u/2 still q1'])
  })
})
