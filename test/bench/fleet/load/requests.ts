/** What the sketches send, byte for byte but for the values; each encoded once. */
import type { Address } from '../../jobs.ts'

const SKETCH = [
  'User-Agent: ESP32HTTPClient',
  'Connection: keep-alive',
  'Accept-Encoding: identity;q=1,chunked;q=0.1,*;q=0',
]
/** Uptimes of eight digits, so that a later one fits in the place of an earlier. */
const FIRST_UPTIME_MS = 10_000_000

const encode = (lines: readonly string[], body: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body])

const headOf = (start: string, { host, port }: Address): readonly string[] => [
  `${start} HTTP/1.1`,
  `Host: ${host}:${port}`,
  ...SKETCH,
]

const postJson = (address: Address, path: string, value: object): Buffer => {
  const body = Buffer.from(JSON.stringify(value))
  const head = headOf(`POST ${path}`, address)
  return encode([...head, 'Content-Type: application/json', `Content-Length: ${body.length}`], body)
}

export interface BoardRequests {
  readonly register: Buffer
  readonly poll: Buffer
  /** A reading with another uptime each time; valid until the next call. */
  ingest(uptimeMs: number): Buffer
}

export const boardRequests = (address: Address, deviceId: string): BoardRequests => {
  const ingest = postJson(address, '/api/v1/ingest/sensor-data', {
    deviceId,
    timestamp: FIRST_UPTIME_MS,
    temperature: 21.5,
    humidity: 40.2,
    distance: 12.3,
    lightLevel: 2048,
  })
  const uptimeAt = ingest.lastIndexOf(String(FIRST_UPTIME_MS))
  return {
    register: postJson(address, '/api/v1/devices/register', {
      id: deviceId,
      name: 'Lab Sensor Unit',
      type: 'DHT11-LDR-HCSR04',
      ipAddress: '192.168.1.40',
      capabilities: ['temperature', 'humidity', 'distance', 'lightLevel'],
    }),
    poll: encode(headOf(`GET /api/v1/buzzer/status/${deviceId}`, address), Buffer.alloc(0)),
    ingest: (uptimeMs) => {
      ingest.write(String(FIRST_UPTIME_MS + Math.floor(uptimeMs)), uptimeAt, 'latin1')
      return ingest
    },
  }
}

export const frameRequest = (address: Address, deviceId: string, jpeg: Uint8Array): Buffer =>
  encode(
    [
      ...headOf('POST /api/v1/stream/fast', address),
      'Content-Type: image/jpeg',
      `Content-Length: ${jpeg.length}`,
      `Device-ID: ${deviceId}`,
      'X-API-Key: dev-api-key-change-in-production',
      'Device-Name: ESP32-CAM OV2640',
      'Device-Type: ESP32-CAM',
      'Device-IP: 192.168.1.50',
      'Device-Status: online',
      'Device-Uptime: 123456',
      'Device-FreeHeap: 145000',
      'Device-WifiRssi: -58',
    ],
    jpeg,
  )

/** The app's live picture. */
export const pictureRequest = ({ host, port }: Address, path: string): Buffer =>
  encode(
    [
      `GET ${path} HTTP/1.1`,
      `Host: ${host}:${port}`,
      'User-Agent: okhttp/4.12.0',
      'Connection: Keep-Alive',
      'Accept-Encoding: gzip',
    ],
    Buffer.alloc(0),
  )
