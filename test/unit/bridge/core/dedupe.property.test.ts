import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createSeenSequences } from '../../../../bridge/core/dedupe.ts'
import { id } from './samples.ts'

const device = fc.constantFrom('a', 'b', 'c').map(id)
const boot = fc.constantFrom('b1', 'b2', 'b3', 'b4', 'b5', 'b6')
const seq = fc.oneof(
  fc.nat(30),
  fc.integer({ min: Number.MAX_SAFE_INTEGER - 5, max: Number.MAX_SAFE_INTEGER }),
)
const notes = fc.array(fc.tuple(device, boot, seq), { maxLength: 120 })
const boundless = { maxDevices: 100, maxBoots: 100, maxRanges: 1000 }

test('without bounds in reach, a number is new exactly when it was not noted before', () => {
  fc.assert(
    fc.property(notes, (all) => {
      const seen = createSeenSequences(boundless)
      const model = new Set<string>()
      for (const note of all) {
        expect(seen.note(...note)).toBe(!model.has(note.join()))
        model.add(note.join())
      }
    }),
    { numRuns: 300 },
  )
})

test('however much is forgotten, nothing is called seen that was never noted', () => {
  fc.assert(
    fc.property(notes, fc.nat(2), fc.nat(2), fc.nat(2), (all, devices, boots, ranges) => {
      const limits = { maxDevices: devices + 1, maxBoots: boots + 1, maxRanges: ranges + 1 }
      const seen = createSeenSequences(limits)
      const model = new Set<string>()
      for (const note of all) {
        if (!seen.note(...note)) expect(model.has(note.join())).toBe(true)
        model.add(note.join())
        expect(seen.size).toBeLessThanOrEqual(limits.maxDevices)
      }
    }),
    { numRuns: 300 },
  )
})

test('a number noted is seen at once, whatever the bounds', () => {
  fc.assert(
    fc.property(notes, (all) => {
      // A number below a full set of ranges is the one to be forgotten: those come in order here.
      const seen = createSeenSequences({ maxDevices: 1, maxBoots: 1, maxRanges: 1 })
      for (const [deviceId, name, number] of all.toSorted((x, y) => x[2] - y[2])) {
        seen.note(deviceId, name, number)
        expect(seen.note(deviceId, name, number)).toBe(false)
      }
    }),
  )
})

test('a record restored knows what the recorded knew, and records the same', () => {
  fc.assert(
    fc.property(notes, notes, (before, after) => {
      const first = createSeenSequences()
      for (const note of before) first.note(...note)
      const second = createSeenSequences()
      for (const deviceId of ['a', 'b', 'c'].map(id)) {
        const record = first.record(deviceId)
        if (record === undefined) continue
        second.restore(deviceId, record)
        second.restore(deviceId, record)
        expect(second.record(deviceId)).toBe(record)
      }
      for (const note of after) expect(second.note(...note)).toBe(first.note(...note))
    }),
    { numRuns: 300 },
  )
})

test('restoring into what is known joins both', () => {
  fc.assert(
    fc.property(notes, notes, (older, newer) => {
      const past = createSeenSequences(boundless)
      for (const note of older) past.note(...note)
      const seen = createSeenSequences(boundless)
      for (const note of newer) seen.note(...note)
      for (const deviceId of ['a', 'b', 'c'].map(id)) seen.restore(deviceId, past.record(deviceId) ?? '[]')
      for (const note of [...older, ...newer]) expect(seen.note(...note)).toBe(false)
    }),
  )
})
