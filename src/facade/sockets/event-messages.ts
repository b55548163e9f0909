/**
 * What WebSocket clients are told, field by field in the order of the older backend (section 4 of its
 * contract); `sensor_data` and `device_status` are new.
 */
import {
  type BridgeEvents,
  type BuzzerRequest,
  type Device,
  frameUrl,
  type Latest,
  type StoredFrame,
  shownStatus,
  shownType,
} from '../../../bridge/index.ts'
import type { RecognitionComplete } from '../../recognition/index.ts'

/** Everything a client can be sent. */
export type EventMessage = { readonly type: string; readonly [field: string]: unknown }

/** The first message of every socket. */
export const connectionMessage = (now: number): EventMessage => ({
  type: 'connection',
  status: 'connected',
  timestamp: now,
  serverCapabilities: {
    compression: true,
    batchProcessing: true,
    caching: true,
    realTimeNotifications: true,
  },
})

export const pongMessage = (now: number): EventMessage => ({ type: 'pong', timestamp: now })

/** The type is the one the device registered with, without what its readings say of it. */
export const deviceRegistered = (device: Device, now: number): EventMessage => ({
  type: 'device_registered',
  device: {
    errors: device.errors,
    id: device.id,
    name: device.name,
    type: device.type ?? shownType(device),
    ...(device.ipAddress === null ? {} : { ipAddress: device.ipAddress }),
    status: shownStatus(device, now),
    lastSeen: device.lastSeen,
    uptime: device.uptimeMs,
    freeHeap: device.freeHeap,
    wifiRssi: device.wifiRssi,
    capabilities: device.capabilities,
  },
  timestamp: now,
})

/** `requestId` is a number here and text in `buzzer_completed`: clients know it so. */
export const buzzerRequested = ({ deviceId, id, requestedAt }: BuzzerRequest): EventMessage => ({
  type: 'buzzer_request',
  deviceId,
  requestId: id,
  timestamp: requestedAt,
})

export const buzzerCompleted = ({ deviceId, id, buzzedAt }: BuzzerRequest, now: number): EventMessage => ({
  type: 'buzzer_completed',
  deviceId,
  requestId: String(id),
  timestamp: buzzedAt ?? now,
})

/** Without a face service nothing is pending, and the app would show "Recognition Error" (quirk Q19). */
export const newFrame = ({ deviceId, at, filename }: StoredFrame, recognizes: boolean): EventMessage => ({
  type: 'new_frame',
  deviceId,
  timestamp: at,
  filename,
  url: frameUrl(filename),
  ...(recognizes ? { recognition: { status: 'pending' } } : {}),
})

export const recognitionComplete = ({ frame, recognition }: RecognitionComplete): EventMessage => ({
  type: 'recognition_complete',
  filename: frame.filename,
  deviceId: frame.deviceId,
  timestamp: frame.at,
  recognition,
})

/** The newest known value of each metric; what a device never sent is absent. */
export const sensorData = ({ deviceId, ts, values, custom }: Latest): EventMessage => ({
  type: 'sensor_data',
  deviceId,
  timestamp: ts,
  ...values,
  ...(custom === null ? {} : { custom }),
})

export const deviceStatus = ({ deviceId, status, at }: BridgeEvents['device:status'][0]): EventMessage => ({
  type: 'device_status',
  deviceId,
  status,
  timestamp: at,
})
