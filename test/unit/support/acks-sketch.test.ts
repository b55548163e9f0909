import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { pubsubclient } from '../../../src/cli/sketches/pubsubclient.ts'
import { createAcksSketch } from '../../support/acks-sketch.ts'

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

const record = read('test/fixtures/acks-sketch.txt')
const sketch = read('docs/examples/pubsubclient-acks/pubsubclient-acks.ino')

/** What the port does at the script of the record, in the form of the record. */
const replay = (script: readonly string[]): string => {
  const lines: string[] = []
  let now = 0
  const port = createAcksSketch({
    boot: '0000b007',
    millis: () => now,
    publish: (payload) => lines.push(`> sensors/a/data ${payload}`),
  })
  for (const line of script) {
    const [, word = '', rest = ''] = /^(\w+) ?(.*)$/.exec(line) ?? []
    lines.push(line)
    if (word === 't') now = Number(rest)
    if (word === 'keep') port.keepReading(rest === 'inf' ? Number.POSITIVE_INFINITY : Number(rest))
    if (word === 'ack') port.onAck(rest)
    if (word === 'pump') port.pump()
    const { first, sent, count, forgotten, waitingSince } = port.state()
    lines.push(`= ${first} ${sent} ${count} ${forgotten} ${waitingSince}`)
  }
  return lines.join('\n')
}

test('the record is of the sketch as it is: else test/support/arduino/record.sh makes a new one', () => {
  expect(record.split('\n')[0]).toBe(`# ${createHash('sha256').update(sketch).digest('hex')}`)
})

test('the port is the same algorithm: it does at every step what the compiled sketch did', () => {
  const [, ...lines] = record.trimEnd().split('\n')
  const script = lines.filter((line) => /^[a-z]/.test(line))
  expect(script.length).toBeGreaterThan(300)
  expect(replay(script)).toBe(lines.join('\n'))
})

test('the script of the record has acks, losses, a full memory and a clock that starts over', () => {
  const states = [...record.matchAll(/^= (\d+) (\d+) (\d+) (\d+) (\d+)$/gm)].map((match) => match.map(Number))
  const times = [...record.matchAll(/^t (\d+)$/gm)].map(([, at]) => Number(at))
  const seqs = [...record.matchAll(/"seq":(\d+),"up"/g)].map(([, seq]) => seq)
  expect(states.at(-1)?.[1]).toBeGreaterThan(100)
  expect(states.at(-1)?.[4]).toBeGreaterThan(0)
  expect(states.some(([, , sent]) => sent === 8)).toBe(true)
  expect(times.some((at, index) => at < (times[index - 1] ?? 0))).toBe(true)
  expect(new Set(seqs).size).toBeLessThan(seqs.length)
})

test('the sketch has credentials, under the names of the header that `device add` prints', () => {
  const settings = { host: '192.168.1.10', port: 1883, id: 'esp32-1', secret: 'its secret' }
  const defined = pubsubclient(settings).match(/^#define SLUICE_(HOST|PORT|DEVICE|SECRET) .*$/gm) ?? []
  expect(defined).toHaveLength(4)
  for (const line of defined) expect(sketch).toContain(line)
  expect(sketch).toContain('mqtt.connect(SLUICE_DEVICE, SLUICE_DEVICE, SLUICE_SECRET)')
})
