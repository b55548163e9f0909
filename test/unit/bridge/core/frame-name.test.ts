import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseDeviceId } from '../../../../bridge/core/device-id.ts'
import { frameFilename, frameUrl, parseFrameFilename } from '../../../../bridge/core/frame-name.ts'
import type { DeviceId } from '../../../../bridge/core/reading.ts'

const AT = 1_795_402_901_178

const id = (text: string): DeviceId => {
  const parsed = parseDeviceId(text)
  if (parsed === undefined) throw new Error(`not an id: ${text}`)
  return parsed
}

const anyId = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 100 }),
    fc.string({
      unit: fc.constantFrom('.', '%', '~', '_', 'a', 'Z', '\\', '"', "'", ' ', 'ü', '🛰'),
      maxLength: 60,
    }),
  )
  .map(parseDeviceId)
  .filter((parsed) => parsed !== undefined)

describe('the file name of a picture', () => {
  test.each([
    ['ESP32-CAM-001', 'ESP32-CAM-001_1795402901178.jpg'],
    ['unknown_device', 'unknown_device_1795402901178.jpg'],
    ['cam.1', 'cam.1_1795402901178.jpg'],
    ['..', '%2E._1795402901178.jpg'],
    ['.hidden', '%2Ehidden_1795402901178.jpg'],
    ['a b', 'a%20b_1795402901178.jpg'],
    ['..\\x', '%2E.%5Cx_1795402901178.jpg'],
    ['a"b', 'a%22b_1795402901178.jpg'],
    ["it's", 'it%27s_1795402901178.jpg'],
    ['100%', '100%25_1795402901178.jpg'],
    ['a%20b', 'a%2520b_1795402901178.jpg'],
    ['küche', 'k%C3%BCche_1795402901178.jpg'],
    ['~', '%7E_1795402901178.jpg'],
  ])('of %j is %s, and tells both again', (deviceId, filename) => {
    expect(frameFilename(id(deviceId), AT)).toBe(filename)
    expect(parseFrameFilename(filename)).toEqual({ deviceId, at: AT })
  })

  test('of an id too long ends in its hash and keeps its start', () => {
    const long = id('🛰'.repeat(50))
    const other = id(`${'🛰'.repeat(49)}🛸`)
    const filename = frameFilename(long, AT)
    expect(filename).toMatch(/^(%F0%9F%9B%B0){14}(%[0-9A-F]{2})*~[0-9a-z]{22}_1795402901178\.jpg$/)
    expect(frameFilename(long, AT)).toBe(filename)
    expect(frameFilename(other, AT)).not.toBe(filename)
    expect(parseFrameFilename(filename)?.at).toBe(AT)
  })

  test('is plain ASCII of bounded length, no dot file and no path, and its URL leads back to it', () => {
    fc.assert(
      fc.property(anyId, fc.integer({ min: 0, max: 999_999_999_999_999 }), (deviceId, at) => {
        const filename = frameFilename(deviceId, at)
        expect(filename).toMatch(/^[A-Za-z0-9_%-][A-Za-z0-9._%~-]*_\d+\.jpg$/)
        expect(filename.length).toBeLessThanOrEqual(222)
        expect(decodeURIComponent(frameUrl(filename).slice('/data/'.length))).toBe(filename)
        const parsed = parseFrameFilename(filename)
        expect(parsed?.at).toBe(at)
        if (!filename.includes('~')) expect(parsed?.deviceId).toBe(deviceId)
      }),
      { numRuns: 500 },
    )
  })

  test('is another one for another id', () => {
    fc.assert(
      fc.property(anyId, anyId, (a, b) => {
        expect(frameFilename(a, AT) === frameFilename(b, AT)).toBe(a === b)
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    '',
    '.jpg',
    '_1.jpg',
    'cam.jpg',
    'cam_1.JPG',
    'cam_1.jpg.tmp',
    '.12-3.tmp',
    '.cam_1.jpg',
    'a/b_1.jpg',
  ])('is never %j', (filename) => {
    expect(parseFrameFilename(filename)).toBeUndefined()
  })

  test.each(['a%_1.jpg', '%E0%A4_1.jpg', 'a%00_1.jpg', 'a%2Fb_1.jpg', `cam_${'9'.repeat(16)}.jpg`])(
    'that nobody made, like %j, does no harm',
    (filename) => {
      expect(() => parseFrameFilename(filename)).not.toThrow()
      expect(parseFrameFilename(filename)?.deviceId ?? '').not.toMatch(/[/\0]/)
    },
  )
})
