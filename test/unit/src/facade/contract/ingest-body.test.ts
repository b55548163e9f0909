import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { splitIngestBody } from '../../../../../src/facade/contract/ingest-body.ts'

const MISSING = 'Missing required field: deviceId'

describe('the body of an ingest', () => {
  test('an object is one reading, handed on as it was sent', () => {
    const reading = { deviceId: 'esp-1', temperature: 1 }
    const split = splitIngestBody(reading)
    expect(split).toEqual({ ok: true, request: { kind: 'one', deviceId: 'esp-1', reading } })
  })

  test.each([
    [{ id: 'sketch' }, 'sketch'],
    [{ deviceId: 'a', id: 'b' }, 'a'],
    [{ deviceId: null, id: 'b' }, 'b'],
    [{ deviceId: 42 }, '42'],
    [{ deviceId: 0 }, '0'],
  ])('%j names its device: deviceId wins over id, numbers count as text', (body, deviceId) => {
    expect(splitIngestBody(body)).toMatchObject({ ok: true, request: { deviceId } })
  })

  test.each([undefined, null, 'x', 5, true, {}, { deviceId: '' }, { deviceId: '', id: 'x' }, []])(
    '%j names no device',
    (body) => {
      expect(splitIngestBody(body)).toEqual({ ok: false, error: MISSING })
    },
  )

  test.each([{ a: 1 }, ['a'], true, 'a/b', '$sys', 'x'.repeat(101)])('%j is no device id', (deviceId) => {
    const split = splitIngestBody({ deviceId })
    expect(split).toMatchObject({ ok: false, error: expect.stringContaining('1 to 100 characters') })
  })

  test('an array is grouped by device, each group in the order it was sent', () => {
    const body = [
      { deviceId: 'a', seq: 1 },
      { id: 'b', seq: 9 },
      { deviceId: 'a', seq: 2 },
    ]
    const devices = [
      { deviceId: 'a', readings: [body[0], body[2]] },
      { deviceId: 'b', readings: [body[1]] },
    ]
    expect(splitIngestBody(body)).toEqual({ ok: true, request: { kind: 'many', devices } })
  })

  test('what is wrong with an element of an array is told with its index', () => {
    expect(splitIngestBody([{ id: 'a' }, {}])).toEqual({ ok: false, error: `reading 1: ${MISSING}` })
    expect(splitIngestBody([{ id: 'a' }, 7])).toEqual({ ok: false, error: 'reading 1: not an object' })
    expect(splitIngestBody([[{ id: 'a' }]])).toEqual({ ok: false, error: 'reading 0: not an object' })
  })

  test('an array holds at most 1,000 readings, of however many devices', () => {
    const readings = (count: number) => Array.from({ length: count }, (_, index) => ({ deviceId: index }))
    expect(splitIngestBody(readings(1000))).toMatchObject({ ok: true })
    expect(splitIngestBody(readings(1001))).toEqual({
      ok: false,
      error: '1001 readings in one request; at most 1000',
    })
  })

  test('no JSON makes it throw, and no reading is lost or repeated in grouping', () => {
    const reading = fc.record({ deviceId: fc.constantFrom('a', 'b', 'c'), seq: fc.nat() })
    fc.assert(fc.property(fc.jsonValue(), (body) => typeof splitIngestBody(body).ok === 'boolean'))
    fc.assert(
      fc.property(fc.array(reading, { minLength: 1 }), (body) => {
        const split = splitIngestBody(body)
        if (!split.ok || split.request.kind !== 'many') return false
        const grouped = split.request.devices.flatMap(({ readings }) => readings)
        return grouped.length === body.length && body.every((sent) => grouped.includes(sent))
      }),
    )
  })
})
