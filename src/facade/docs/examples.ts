/**
 * What is sent and answered where JSON is sent, and where a client reads what comes back. By method and path; a test
 * sends each and compares the fields of the answers.
 */
export interface Example {
  readonly body?: unknown
  readonly answer: unknown
}

const NOW = 1_795_402_879_902
const ISO = '2026-11-23T03:01:19.902Z'
const ID = 'esp32-multi-sensor-1'

const board = {
  ipAddress: '192.168.1.60',
  status: 'online',
  lastSeen: NOW,
  uptime: 123_456,
  freeHeap: 145_000,
  wifiRssi: -58,
  capabilities: ['temperature', 'humidity'],
  errors: 0,
}
const named = { id: ID, name: 'Lab Sensor Unit', type: 'DHT11-LDR-HCSR04' }
const sheet = {
  ...{ received: 1000, stored: 990, spooled: 4, inFlight: 1, deduplicated: 2, deadLettered: 3 },
  dropped: {
    ...{ 'spool-full-qos0': 0, 'spool-damaged': 0, 'stopping-qos0': 0 },
    ...{ 'dead-letter-refused': 0, 'store-off-full': 0 },
  },
  remainder: 0,
}
const measured = { temperature: 25.3, humidity: 60, distance: 12.7, lightLevel: 1023 }

export const EXAMPLES: { readonly [methodAndPath: string]: Example } = {
  'POST /api/v1/auth/token': {
    answer: {
      ...{ success: true, token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl' },
      ...{ expiresAt: NOW + 3_600_000, role: 'dashboard' },
    },
  },
  'POST /api/v1/devices/register': {
    body: {
      deviceId: ID,
      deviceName: 'Lab Sensor Unit',
      deviceType: 'DHT11-LDR-HCSR04',
      ipAddress: '192.168.1.60',
      capabilities: ['temperature', 'humidity'],
    },
    answer: {
      ...{ success: true, ...named, ...board },
      ...{ uptime: 0, freeHeap: 0, wifiRssi: 0, responseTime: 1 },
    },
  },
  'POST /api/v1/devices/heartbeat': {
    body: { deviceId: ID, uptime: 123_456, freeHeap: 145_000, wifiRssi: -58, status: 'online' },
    answer: {
      message: 'Heartbeat received',
      status: 'success',
      device: { ...named, ...board, createdAt: ISO, updatedAt: ISO },
      responseTime: 1,
    },
  },
  'GET /api/v1/devices': {
    answer: {
      success: true,
      devices: [
        {
          deviceId: ID,
          deviceName: 'Lab Sensor Unit',
          deviceType: 'sensor',
          status: 'online',
          ipAddress: '192.168.1.60',
          lastHeartbeat: NOW,
          uptime: 123_456,
          freeHeap: 145_000,
          wifiRssi: -58,
          errorCount: 0,
          capabilities: ['temperature', 'humidity'],
        },
      ],
    },
  },
  'POST /api/v1/devices/:deviceId/command': {
    body: { command: 'restart', params: { inSeconds: 5 } },
    answer: { success: true, message: `Command 'restart' notionally sent to ${ID}.` },
  },
  'POST /api/v1/ingest/sensor-data': {
    body: { deviceId: ID, timestamp: 4_210, ...measured },
    answer: {
      success: true,
      message: 'Data received',
      data: { id: 1, deviceId: ID, timestamp: NOW, ...measured, updatedAt: ISO, createdAt: ISO },
      responseTime: 3,
    },
  },
  'GET /api/v1/sensor-data': {
    answer: {
      success: true,
      data: [{ timestamp: NOW, ...measured }],
      count: 1,
      deviceId: ID,
      responseTime: 1,
    },
  },
  'GET /api/v1/history': {
    answer: {
      ...{ success: true, from: NOW - 86_400_000, to: NOW, points: 500 },
      series: [
        {
          ...{ deviceId: ID, metric: 'temperature', unit: '°C', source: 'raw', bucketMs: null },
          ...{ gapMs: 90_000, t: [NOW - 60_000, NOW - 30_000], value: [25.2, 25.3] },
        },
      ],
      responseTime: 3,
    },
  },
  'POST /api/v1/buzzer/request': {
    body: { deviceId: ID },
    answer: {
      ...{ success: true, id: 7, deviceId: ID, requestedAt: NOW, status: 'pending' },
      ...{ createdAt: ISO, updatedAt: ISO, responseTime: 1 },
    },
  },
  'GET /api/v1/buzzer/status/:deviceId': { answer: { status: 'pending', requestId: '7' } },
  'GET /api/v1/buzzer/status': {
    answer: { success: true, status: 'pending', lastRequestedAt: NOW, lastBuzzedAt: null, responseTime: 1 },
  },
  'PATCH /api/v1/buzzer/complete/:id': {
    answer: { success: true, message: 'Buzzer request completed', responseTime: 1 },
  },
  'POST /api/v1/buzzer/ping': {
    body: { deviceId: ID },
    answer: { success: true, message: 'Ping request received', requestId: 7 },
  },
  'POST /api/v1/buzzer/control': {
    body: { deviceId: ID, status: true },
    answer: { success: true, message: 'Buzzer activated', requestId: 7 },
  },
  'GET /api/v1/system/balance': {
    answer: {
      success: true,
      data: {
        total: sheet,
        devices: [
          {
            deviceId: ID,
            ...sheet,
            sequence: { boot: 'b1', contiguous: 41, highest: 996, missing: 3, gaps: [[42, 44]] },
            clock: null,
          },
        ],
      },
    },
  },
}
