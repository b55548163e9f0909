/** The two camera boards: the present one, which only posts frames, and the older one, which registers too. */
import { fixture } from './recordings.ts'
import { multipart } from './replay-request.ts'
import { sketchRequest } from './sketch-http.ts'
import { type SketchLoop, startLoop } from './sketch-loop.ts'

export interface Camera extends SketchLoop {
  /** Frames that were answered with exactly 200. */
  readonly sent: number
  /** Codes that the sketch takes for a failure, as `frame -11`. */
  readonly failures: readonly string[]
}

export interface CameraOptions {
  readonly http: string
  readonly deviceId: string
  /** The older camera's heartbeat; 30 s on the board. */
  readonly heartbeatMs?: number
}

const KEY = { 'X-API-Key': 'dev-api-key-change-in-production' }
const FRAME_MS = 50
const FRAME_TIMEOUT_MS = 1_500
const HEARTBEAT_MS = 30_000
const OLD_FRAME_MS = 500
const BOUNDARY = '----esp32frame'

/** Posts a frame 20 times a second; success is exactly 200, within 1.5 s; nothing is sent again. */
export const startCamera = ({ http, deviceId }: CameraOptions): Camera => {
  const jpeg = fixture('frame-vga.jpg')
  const failures: string[] = []
  const bootedAt = performance.now()
  let sent = 0
  const post = async (): Promise<void> => {
    const { code } = await sketchRequest({
      method: 'POST',
      url: `${http}/api/v1/stream/fast`,
      headers: {
        ...KEY,
        'Content-Type': 'image/jpeg',
        'Device-ID': deviceId,
        'Device-Name': 'ESP32-CAM OV2640',
        'Device-Type': 'ESP32-CAM',
        'Device-IP': '192.168.1.50',
        'Device-Status': 'online',
        'Device-Uptime': String(Math.round(performance.now() - bootedAt)),
        'Device-FreeHeap': '145000',
        'Device-WifiRssi': '-58',
      },
      body: jpeg,
      timeoutMs: FRAME_TIMEOUT_MS,
    })
    if (code === 200) sent += 1
    else failures.push(`frame ${code}`)
  }
  const { stop } = startLoop(async () => {}, [{ everyMs: FRAME_MS, run: post }])
  return {
    failures,
    stop,
    get sent() {
      return sent
    },
  }
}

/** Registers, beats, probes and posts multipart frames; whatever is not answered with 200 makes it register again. */
export const startOldCamera = (options: CameraOptions): Camera => {
  const { http, deviceId, heartbeatMs = HEARTBEAT_MS } = options
  const failures: string[] = []
  const jpeg = multipart(
    [{ name: 'image', filename: 'frame.jpg', contentType: 'image/jpeg', $file: 'frame-small.jpg' }],
    BOUNDARY,
  )
  let registered = false
  let sent = 0
  const post = async (path: string, body: string | Buffer, type = 'application/json'): Promise<number> => {
    const headers = { ...KEY, 'Content-Type': type, 'Device-ID': deviceId }
    const url = `${http}/api/v1/${path}`
    return (await sketchRequest({ method: 'POST', url, headers, body })).code
  }
  const register = async (): Promise<void> => {
    const capabilities = ['streaming', 'recording', 'capture']
    const said = { deviceId, deviceName: 'Old camera', deviceType: 'camera', ipAddress: '192.168.1.51' }
    const code = await post('devices/register', JSON.stringify({ ...said, capabilities }))
    registered = code === 200
    if (!registered) failures.push(`register ${code}`)
  }
  const boot = async (): Promise<void> => {
    await register()
    const probe = await post('stream/stream', '{"test":1}')
    if (probe !== 200 && probe !== 400) failures.push(`probe ${probe}`)
  }
  const beat = async (): Promise<void> => {
    if (!registered) return register()
    const health = { deviceId, uptime: 123_456, freeHeap: 145_000, wifiRssi: -58, status: 'online' }
    const code = await post('devices/heartbeat', JSON.stringify(health))
    registered = code === 200
    if (!registered) failures.push(`heartbeat ${code}`)
  }
  const frame = async (): Promise<void> => {
    const code = await post('stream/stream', jpeg, `multipart/form-data; boundary=${BOUNDARY}`)
    if (code === 200) sent += 1
    else failures.push(`frame ${code}`)
  }
  const { stop } = startLoop(boot, [
    { everyMs: heartbeatMs, run: beat },
    { everyMs: OLD_FRAME_MS, run: frame },
  ])
  return {
    failures,
    stop,
    get sent() {
      return sent
    },
  }
}
