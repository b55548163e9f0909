import { describe, expect, test } from '@jest/globals'
import { CAM, createRig, fullDisk, JPEG, NOT_A_JPEG, SMALL, T } from './frames-rig.ts'

const message = (payload: Buffer, qos: 0 | 1 = 1) => ({
  topic: 'cameras/cam/frame',
  payload,
  qos,
  retain: false,
})

describe('an MQTT message', () => {
  const receive = (rig: ReturnType<typeof createRig>, payload: Buffer, deviceId: typeof CAM | undefined) =>
    new Promise<Error | undefined>((resolve) => {
      rig.frames.receive(message(payload), deviceId, (error) => resolve(error))
    })

  test('is acked when its picture is stored', async () => {
    const rig = createRig()
    expect(await receive(rig, JPEG, CAM)).toBeUndefined()
    expect(await rig.names()).toEqual([`cam_${T}.jpg`])
  })

  test.each([
    ['not-a-jpeg', NOT_A_JPEG, CAM],
    ['too-small', SMALL, CAM],
    ['bad-device-id', JPEG, undefined],
  ])('that is refused (%s) is told to its board, which then acks', async (reason, payload, deviceId) => {
    const rejected: unknown[] = []
    const rig = createRig({}, ({ topic }, about, rejection, done) => {
      rejected.push([topic, about, rejection.reason])
      done()
    })
    expect(await receive(rig, payload, deviceId)).toBeUndefined()
    expect(rejected).toEqual([['cameras/cam/frame', deviceId, reason]])
    expect(rig.told).toEqual([['frame:refused', { deviceId: deviceId ?? null, reason }]])
  })

  test('that is refused is acked also when nobody tells its board', async () => {
    const rig = createRig()
    expect(await receive(rig, NOT_A_JPEG, CAM)).toBeUndefined()
  })

  test('that the disk does not take is not acked', async () => {
    const rig = createRig()
    rig.fault = fullDisk
    expect(await receive(rig, JPEG, CAM)).toBe(fullDisk)
  })

  test('without an ack that the disk does not take costs its board no connection, and is counted', async () => {
    const rig = createRig()
    rig.fault = fullDisk
    const error = await new Promise((resolve) => rig.frames.receive(message(JPEG, 0), CAM, resolve))
    expect(error).toBeUndefined()
    expect(rig.told).toContainEqual(['frame:refused', { deviceId: CAM, reason: 'disk' }])
  })

  test('without a payload clears a retained one and is none', async () => {
    const rig = createRig()
    expect(await receive(rig, Buffer.alloc(0), CAM)).toBeUndefined()
    expect(rig.told).toEqual([])
  })
})
