import { beforeEach, expect, test } from '@jest/globals'
import { createExternalEmitter } from '../../../mosquitto-compat/index.ts'
import { createLog, limitRate } from '../../../src/logging.ts'
import { reportExternal } from '../../../src/report-external.ts'

interface Line {
  readonly level: string
  readonly msg: string
  readonly [field: string]: unknown
}

const createRig = () => {
  const lines: Line[] = []
  const time = { now: 0 }
  const log = createLog({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) })
  const events = createExternalEmitter()
  reportExternal({ log, limited: limitRate(log, { perMs: 1_000, clock: () => time.now }), events })
  return { lines, time, events }
}

let rig = createRig()
beforeEach(() => {
  rig = createRig()
})

test('a broker that comes and goes is told each time it comes, and once in a while for each reason why it is away', () => {
  for (let attempt = 0; attempt < 50; attempt += 1)
    rig.events.emit('disconnected', { reason: 'refused', retryInMs: 5 })
  rig.events.emit('disconnected', { reason: 'no such host', retryInMs: 5 })
  rig.events.emit('connected', { sessionPresent: false })
  rig.events.emit('session:lost')
  expect(rig.lines.map(({ level, reason }) => [level, reason])).toEqual([
    ['warn', 'refused'],
    ['warn', 'no such host'],
    ['info', undefined],
    ['warn', undefined],
  ])
})

test('what is refused or lost is told once in a while, with how much it was', () => {
  const error = new Error('no')
  for (let round = 0; round < 10; round += 1) {
    rig.events.emit('message:refused', { topic: 't', error, attempt: round })
    rig.events.emit('message:lost', { topic: 't', error })
    rig.events.emit('publish:dropped', { count: 2, reason: 'away' })
    rig.events.emit('publish:refused', { topic: 't', reason: 'rights' })
    rig.events.emit('subscription:refused', { filter: 'f', reason: 'rights' })
    rig.events.emit('stalled', { what: 'subscription', afterMs: 5 })
  }
  expect(rig.lines.map(({ level }) => level)).toEqual(['warn', 'error', 'warn', 'error', 'error', 'error'])
  rig.time.now += 1_000
  rig.events.emit('message:lost', { topic: 't', error })
  rig.events.emit('publish:dropped', { count: 1, reason: 'away' })
  expect(rig.lines.slice(6)).toMatchObject([
    { total: 11, suppressed: 9 },
    { total: 21, suppressed: 9 },
  ])
})
