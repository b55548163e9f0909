import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { mutate, mutation } from '../../hostile/attacks/mutation.ts'

const PACKET = Buffer.from([0x30, 4, 0, 1, 97, 98])
const OTHER = Buffer.from([0xc0, 0])

test('a spoilt packet changes neither the packet nor the other one', () => {
  fc.assert(
    fc.property(mutation, (how) => {
      const [packet, other] = [Buffer.from(PACKET), Buffer.from(OTHER)]
      mutate(packet, other, how)
      expect([packet, other]).toEqual([PACKET, OTHER])
    }),
  )
})

test('a flip changes one bit at each place', () => {
  const spoilt = mutate(PACKET, OTHER, { kind: 'flip', at: [0, 1], bit: 7 })
  expect([...spoilt]).toEqual([0xb0, 4, 0, 1, 97, 98 ^ 0x80])
})

test('a length that lies takes the place of the whole length, however many bytes that has', () => {
  const long = Buffer.concat([Buffer.from([0x30, 0x80, 0x01]), Buffer.alloc(128)])
  const spoilt = mutate(long, OTHER, { kind: 'length', length: [0xff, 0x7f] })
  expect([...spoilt.subarray(0, 4)]).toEqual([0x30, 0xff, 0x7f, 0])
  expect(spoilt).toHaveLength(131)
})

test('a truncation keeps the front, a splice goes on with the end of another packet', () => {
  expect([...mutate(PACKET, OTHER, { kind: 'truncate', at: 0.5 })]).toEqual([0x30, 4, 0])
  expect([...mutate(PACKET, OTHER, { kind: 'splice', at: 0.5 })]).toEqual([0x30, 4, 0, 0])
})
