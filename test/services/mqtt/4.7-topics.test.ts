import { afterEach, expect, test } from '@jest/globals'
import { cleanUp } from '../broker-rig.ts'
import { hangUp, receivedUntil, send, startWire, subscribe } from './wire.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

const CASES = [
  ['sport/#', ['sport', 'sport/', 'sport/tennis/player1'], ['sports', '/sport']],
  ['sport/+', ['sport/', 'sport/tennis'], ['sport', 'sport/tennis/player1']],
  ['+', ['finance'], ['/finance', 'a/b']],
  ['+/+', ['/finance', 'a/b'], ['finance']],
  ['/+', ['/finance'], ['finance', 'a/b']],
  ['a//b', ['a//b'], ['a/b', 'a/x/b']],
  ['Accounts', ['Accounts'], ['ACCOUNTS', 'accounts', 'Accounts ']],
] as const

test.each(CASES)('[MQTT-4.7] the filter %s matches %j and not %j', async (filter, matched, others) => {
  const wire = await startWire(cleanups)
  const board = await wire.connect('a')
  await subscribe(board, 1, [filter, 1], ['end', 1])
  const sender = await wire.connect('sender')
  for (const topic of [...others, ...matched]) await send(sender, 1, 2, { topic, payload: 'x' })
  await send(sender, 2, 2, { topic: 'end', payload: 'last' })
  expect((await receivedUntil(board, 'last')).map((each) => each.replace(/ x q1$| last q1$/, ''))).toEqual([
    ...matched,
    'end',
  ])
})

const WILD = [
  ['#', 1],
  ['+/x', 1],
  ['end', 1],
] as const

test('[MQTT-4.7.2-1] filters that begin with a wildcard do not match topics that begin with $', async () => {
  const wire = await startWire(cleanups)
  const board = await wire.connect('a')
  await subscribe(board, 1, ...WILD)
  const sender = await wire.connect('sender')
  await send(sender, 1, 2, { topic: '$own/x', payload: 'hidden' })
  await send(sender, 2, 2, { topic: 'end', payload: 'last' })
  expect(await receivedUntil(board, 'last')).toEqual(['end last q1'])
  await subscribe(board, 2, ['$own/+', 1])
  await send(sender, 3, 2, { topic: '$own/x', payload: 'asked' })
  expect(await receivedUntil(board, 'asked')).toContain('$own/x asked q1')
})

test('[MQTT-4.7.2-1] nor what is retained on them, nor what waits for a session', async () => {
  const wire = await startWire(cleanups)
  const away = await wire.connect('away', { clean: false })
  await subscribe(away, 1, ...WILD)
  await hangUp(wire.rig, away)
  const sender = await wire.connect('sender')
  await send(sender, 1, 2, { topic: '$own/x', payload: 'hidden', retain: true })
  await send(sender, 2, 2, { topic: 'end', payload: 'last', retain: true })
  expect(await receivedUntil(await wire.connect('away', { clean: false }), 'last')).toEqual(['end last q1'])
  const board = await wire.connect('a')
  await subscribe(board, 1, ...WILD.slice(0, 2), ['$own/+', 1])
  expect(await receivedUntil(board, 'hidden')).toEqual(['end last q1 retained', '$own/x hidden q1 retained'])
})
