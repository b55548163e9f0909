import { describe, expect, test } from '@jest/globals'
import { decodeHeartbeat, decodeRegister } from '../../../../bridge/core/device-body.ts'
import { deviceId } from '../../../support/readings.ts'

const A = deviceId('a')

const refusal = (decoded: { readonly ok: boolean; readonly rejection?: unknown }): unknown =>
  decoded.ok ? 'taken' : decoded.rejection

describe('a registration', () => {
  test('has both spellings of its fields, the long one wins', () => {
    const short = { name: 'n', type: 't' }
    const body = { deviceId: 'a', ipAddress: undefined, capabilities: undefined }
    expect(decodeRegister(short, A)).toEqual({ ok: true, body: { ...body, name: 'n', type: 't' } })
    const both = { ...short, deviceName: 'N', deviceType: 'T', ipAddress: '10.0.0.2', capabilities: ['x', 1] }
    expect(decodeRegister(both, A)).toEqual({
      ok: true,
      body: { deviceId: 'a', name: 'N', type: 'T', ipAddress: '10.0.0.2', capabilities: ['x', '1'] },
    })
  })

  test('without a name or type is refused, with an empty one too', () => {
    expect(refusal(decodeRegister({ type: 't' }, A))).toEqual({
      reason: 'bad-value',
      detail: 'deviceName: missing',
    })
    expect(refusal(decodeRegister({ name: 'n', type: '' }, A))).toEqual({
      reason: 'bad-value',
      detail: 'deviceType: missing',
    })
  })

  test('is bounded in every field', () => {
    const good = { name: 'n', type: 't' }
    const tooMuch = [
      { name: 'n'.repeat(256) },
      { type: 't'.repeat(101) },
      { ipAddress: '1'.repeat(46) },
      { capabilities: Array(65).fill('x') },
      { capabilities: ['x'.repeat(101)] },
      { capabilities: 'x' },
      { name: { nested: true } },
    ]
    for (const field of tooMuch) {
      expect(refusal(decodeRegister({ ...good, ...field }, A))).toMatchObject({ reason: 'bad-value' })
    }
  })

  test('holds nothing that Postgres cannot store', () => {
    const decoded = decodeRegister({ name: 'a\u0000b\ud800', type: 't' }, A)
    expect(decoded.ok && decoded.body.name).toBe('a\ufffdb\ufffd')
  })
})

describe('a heartbeat', () => {
  test('takes numbers as text, whole, and leaves out what is absent, null or empty', () => {
    const decoded = decodeHeartbeat({ status: 'warning', uptime: '12.6', freeHeap: null, wifiRssi: '' }, A)
    expect(decoded).toEqual({
      ok: true,
      body: { deviceId: 'a', status: 'warning', uptimeMs: 13, freeHeap: undefined, wifiRssi: undefined },
    })
    expect(decodeHeartbeat({}, A)).toMatchObject({ ok: true, body: { status: undefined } })
  })

  test('with a value out of its range, or a status nobody knows, is refused', () => {
    const bad = [
      { uptime: -1 },
      { uptime: 2 ** 53 },
      { freeHeap: 2 ** 31 },
      { wifiRssi: 1001 },
      { uptime: 'soon' },
      { uptime: {} },
      { uptime: true },
      { status: 'asleep' },
      { status: 1 },
    ]
    for (const body of bad) expect(refusal(decodeHeartbeat(body, A))).toMatchObject({ reason: 'bad-value' })
  })
})

describe('any body', () => {
  test('that is not an object is refused', () => {
    for (const value of [null, 1, 'on', [], undefined])
      expect(refusal(decodeHeartbeat(value, A))).toEqual({ reason: 'bad-shape', detail: 'not a JSON object' })
  })

  test('may name its device, by either name and as a number, but no other', () => {
    expect(decodeHeartbeat({ deviceId: 'a' }, A).ok).toBe(true)
    expect(decodeHeartbeat({ id: 7 }, deviceId('7')).ok).toBe(true)
    expect(refusal(decodeHeartbeat({ deviceId: 'b' }, A))).toMatchObject({ reason: 'wrong-device-id' })
  })
})
