import { describe, expect, test } from '@jest/globals'
import {
  type BuzzerRequest,
  type Device,
  type DeviceId,
  newDevice,
  parseDeviceId,
  type StoredFrame,
} from '../../../../../bridge/index.ts'
import {
  buzzerCompleted,
  buzzerRequested,
  connectionMessage,
  deviceRegistered,
  deviceStatus,
  newFrame,
  pongMessage,
  recognitionComplete,
  sensorData,
} from '../../../../../src/facade/sockets/event-messages.ts'

const NOW = 1_795_402_872_809
const id = parseDeviceId('esp32-multi-sensor-1') as DeviceId

const registered: Device = {
  ...newDevice(id, NOW),
  name: 'Lab Sensor Unit',
  type: 'DHT11-LDR-HCSR04',
  ipAddress: '192.168.1.60',
}

const request = { id: 1, deviceId: id, requestedAt: NOW - 5, buzzedAt: NOW } as BuzzerRequest

const frame: StoredFrame = { deviceId: id, at: NOW, filename: `${id}_${NOW}.jpg`, bytes: 22_000 }

/** Field by field in order, as it goes over the wire. */
const wire = (message: unknown): string => JSON.stringify(message)

describe('a message has the fields of the older backend, in its order', () => {
  test('connection and pong', () => {
    expect(wire(connectionMessage(NOW))).toBe(
      `{"type":"connection","status":"connected","timestamp":${NOW},"serverCapabilities":{"compression":true,` +
        '"batchProcessing":true,"caching":true,"realTimeNotifications":true}}',
    )
    expect(wire(pongMessage(NOW))).toBe(`{"type":"pong","timestamp":${NOW}}`)
  })

  test('device_registered', () => {
    expect(wire(deviceRegistered(registered, NOW))).toBe(
      `{"type":"device_registered","device":{"errors":0,"id":"${id}","name":"Lab Sensor Unit",` +
        '"type":"DHT11-LDR-HCSR04","ipAddress":"192.168.1.60","status":"online",' +
        `"lastSeen":${NOW},"uptime":0,"freeHeap":0,"wifiRssi":0,"capabilities":[]},"timestamp":${NOW}}`,
    )
  })

  test('device_registered without an address leaves it out', () => {
    const { device } = deviceRegistered({ ...registered, ipAddress: null }, NOW)
    expect(device).not.toHaveProperty('ipAddress')
  })

  test('device_registered tells the registered type, whatever the readings say', () => {
    const { device } = deviceRegistered({ ...registered, type: 'camera', hasReadings: true }, NOW)
    expect(device).toMatchObject({ type: 'camera' })
  })

  test('buzzer_request with a number, buzzer_completed with text as requestId', () => {
    expect(wire(buzzerRequested(request))).toBe(
      `{"type":"buzzer_request","deviceId":"${id}","requestId":1,"timestamp":${NOW - 5}}`,
    )
    expect(wire(buzzerCompleted(request, NOW + 9))).toBe(
      `{"type":"buzzer_completed","deviceId":"${id}","requestId":"1","timestamp":${NOW}}`,
    )
  })

  test('new_frame and recognition_complete', () => {
    expect(wire(newFrame(frame, true))).toBe(
      `{"type":"new_frame","deviceId":"${id}","timestamp":${NOW},"filename":"${frame.filename}",` +
        `"url":"/data/${frame.filename}","recognition":{"status":"pending"}}`,
    )
    const recognition = { status: 'no_faces', recognizedAs: null, faces_detected: 0 }
    expect(wire(recognitionComplete({ frame, recognition }))).toBe(
      `{"type":"recognition_complete","filename":"${frame.filename}","deviceId":"${id}",` +
        `"timestamp":${NOW},"recognition":{"status":"no_faces","recognizedAs":null,"faces_detected":0}}`,
    )
  })
})

test('a frame that nobody looks at has no recognition that would be pending for ever', () => {
  expect(newFrame(frame, false)).not.toHaveProperty('recognition')
})

test('the URL of a frame finds its file, whatever characters the name has', () => {
  const filename = 'k%C3%BCche #1?_1795402872809.jpg'
  const { url } = newFrame({ ...frame, filename }, true)
  expect(decodeURIComponent(new URL(String(url), 'http://sluice').pathname)).toBe(`/data/${filename}`)
})

test('sensor_data tells the known values and what is custom, if anything', () => {
  const latest = { deviceId: id, ts: NOW, receivedAt: NOW + 1, values: { temperature: 21.5, co2Level: 400 } }
  expect(wire(sensorData({ ...latest, custom: null }))).toBe(
    `{"type":"sensor_data","deviceId":"${id}","timestamp":${NOW},"temperature":21.5,"co2Level":400}`,
  )
  expect(sensorData({ ...latest, custom: { type: 'odd' } })).toMatchObject({
    type: 'sensor_data',
    custom: { type: 'odd' },
  })
})

test('device_status tells the change and when it was', () => {
  expect(wire(deviceStatus({ deviceId: id, status: 'offline', at: NOW }))).toBe(
    `{"type":"device_status","deviceId":"${id}","status":"offline","timestamp":${NOW}}`,
  )
})
